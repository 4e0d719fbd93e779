/* The files that the kernel knows: a directory is open, everything else is a name in one. */
#include "efs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

double timeout = 60;
struct file root = {.fd = -1}, counters = {.fd = -1};
dev_t mounted;

static struct file *files[BUCKETS];
static pthread_mutex_t filing = PTHREAD_MUTEX_INITIALIZER;

struct file *file_of(fuse_ino_t ino) {
    return ino == FUSE_ROOT_ID ? &root : (struct file *)(uintptr_t)ino;
}

struct place place_of(const struct file *file) {
    struct place place = {.fd = file->fd, .name = "."};
    if (file->name) {
        pthread_mutex_lock(&filing);
        place.fd = file->parent->fd;
        strncpy(place.name, file->name, NAME_MAX);
        pthread_mutex_unlock(&filing);
    }
    return place;
}

static struct file **bucket(const struct stat *status) {
    return &files[(status->st_ino * 0x9E3779B97F4A7C15u + status->st_dev) >> 48 & (BUCKETS - 1)];
}

static void forget_locked(struct file *file, uint64_t times) {
    if (file == &root || file == &counters || (file->known -= times))
        return;
    struct stat status = {.st_dev = file->device, .st_ino = file->number};
    struct file **slot = bucket(&status);
    while (*slot != file)
        slot = &(*slot)->next;
    *slot = file->next;
    if (file->name)
        forget_locked(file->parent, 1);
    else
        close(file->fd);
    free(file->name);
    free(file);
}

void forget(struct file *file, uint64_t times) {
    pthread_mutex_lock(&filing);
    forget_locked(file, times);
    pthread_mutex_unlock(&filing);
}

/* The file, if the kernel knows it. */
static struct file *known_file(const struct stat *status) {
    struct file *file = *bucket(status);
    while (file && (file->number != status->st_ino || file->device != status->st_dev))
        file = file->next;
    return file;
}

/* The file is to be found there from now on. */
static bool move(struct file *file, struct file *parent, const char *name) {
    char *copy = strdup(name);
    if (!copy)
        return false;
    if (parent != &root)
        parent->known++;
    if (file->name)
        forget_locked(file->parent, 1);
    free(file->name);
    file->name = copy;
    file->parent = parent;
    return true;
}

static struct file *new_file(struct file *parent, const char *name, const struct stat *status) {
    struct file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    *file = (struct file){.fd = -1, .device = status->st_dev, .number = status->st_ino};
    if (S_ISDIR(status->st_mode))
        file->fd = openat(parent->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (S_ISDIR(status->st_mode) ? file->fd < 0 : !move(file, parent, name)) {
        free(file);
        return NULL;
    }
    struct file **slot = bucket(status);
    file->next = *slot;
    return *slot = file;
}

/* Finds a name in a directory. Returns 0 or an error number. */
int find(struct file *parent, const char *name, struct fuse_entry_param *entry) {
    memset(entry, 0, sizeof *entry);
    entry->attr_timeout = entry->entry_timeout = timeout;
    if (fstatat(parent->fd, name, &entry->attr, AT_SYMLINK_NOFOLLOW) < 0)
        return errno;
    int error = 0;
    pthread_mutex_lock(&filing);
    struct file *file = known_file(&entry->attr);
    if (!file)
        file = new_file(parent, name, &entry->attr);
    else if (file->name && (file->parent != parent || strcmp(file->name, name) != 0))
        move(file, parent, name);
    if (file)
        file->known++;
    else
        error = errno;
    pthread_mutex_unlock(&filing);
    entry->ino = (uintptr_t)file;
    return error;
}

/* Renames, and lets the file be found at its new place. Returns 0 or an error number. */
int rename_file(struct file *from, const char *old, struct file *to, const char *new,
                unsigned flags) {
    struct stat status;
    struct file *file = NULL;
    pthread_mutex_lock(&filing);
    int error = renameat2(from->fd, old, to->fd, new, flags) ? errno : 0;
    if (!error && fstatat(to->fd, new, &status, AT_SYMLINK_NOFOLLOW) == 0)
        file = known_file(&status);
    if (file && file->name)
        move(file, to, new);
    pthread_mutex_unlock(&filing);
    return error;
}
