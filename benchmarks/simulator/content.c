/* Requests for what is in files and directories. */
#include "efs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct handle {
    int fd;
    pthread_mutex_t writing;
    size_t waiting;  /* bytes of a piece that is not full yet */
    int pieces;      /* sent since the last flush */
    int64_t drained; /* when the last of them is through the link */
    bool library;    /* what a dynamic loader may map */
    bool held;       /* by a mapping, when it was closed */
};

static struct handle *handle_of(const struct fuse_file_info *info) {
    return (struct handle *)(uintptr_t)info->fh;
}

/* Makes a handle of the descriptor. Returns 0 or an error number. */
static int hold(int fd, struct fuse_file_info *info) {
    struct handle *handle = fd < 0 ? NULL : calloc(1, sizeof *handle);
    if (!handle) {
        int error = errno;
        close(fd);
        return error;
    }
    char magic[4];
    handle->fd = fd;
    handle->library = pread(fd, magic, 4, 0) == 4 && memcmp(magic, "\177ELF", 4) == 0;
    pthread_mutex_init(&handle->writing, NULL);
    info->fh = (uintptr_t)handle;
    info->keep_cache = 1; /* NFS keeps the pages of a file whose change attribute is the same */
    return 0;
}

static void efs_open(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    if (file_of(ino) == &counters) {
        info->direct_io = 1;
        if (info->flags & O_TRUNC)
            reset_counters();
        fuse_reply_open(request, info);
        return;
    }
    finish(begin(OPEN), 0);
    struct place place = place_of(file_of(ino));
    int flags = (info->flags & ~(O_CREAT | O_EXCL | O_APPEND)) | O_NOFOLLOW | O_CLOEXEC;
    int error = hold(openat(place.fd, place.name, flags), info);
    if (error)
        fuse_reply_err(request, error);
    else
        fuse_reply_open(request, info);
}

static void efs_create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode,
                       struct fuse_file_info *info) {
    struct fuse_entry_param entry;
    finish(begin(CREATE), 0);
    int flags = (info->flags & ~O_APPEND) | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(file_of(parent)->fd, name, flags, mode);
    int error = hold(fd, info);
    if (!error && (error = find(file_of(parent), name, &entry))) {
        close(fd);
        free(handle_of(info));
    }
    if (error)
        fuse_reply_err(request, error);
    else
        fuse_reply_create(request, &entry, info);
}

static void efs_read(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
                     struct fuse_file_info *info) {
    static _Thread_local char buffer[PIECE];
    if (file_of(ino) == &counters) {
        size_t length = print_counters(buffer, sizeof buffer);
        fuse_reply_buf(request, buffer, (size_t)offset < length ? length - offset : 0);
        return;
    }
    int64_t due = begin(READ);
    ssize_t length = pread(handle_of(info)->fd, buffer, size < PIECE ? size : PIECE, offset);
    if (length < 0) {
        fuse_reply_err(request, errno);
        return;
    }
    atomic_fetch_add(&bytes_read, length);
    finish(due, length);
    fuse_reply_buf(request, buffer, length);
}

static void send_piece(struct handle *handle, size_t bytes) {
    atomic_fetch_add(&counted[WRITE], 1);
    handle->drained = reserve(&link_free, bytes * nanoseconds_per_byte);
    handle->waiting -= bytes;
    handle->pieces++;
}

static void efs_write(fuse_req_t request, fuse_ino_t ino, const char *data, size_t size,
                      off_t offset, struct fuse_file_info *info) {
    if (file_of(ino) == &counters) {
        fuse_reply_write(request, size);
        return;
    }
    struct handle *handle = handle_of(info);
    ssize_t length = pwrite(handle->fd, data, size, offset);
    if (length < 0) {
        fuse_reply_err(request, errno);
        return;
    }
    atomic_fetch_add(&bytes_written, length);
    pthread_mutex_lock(&handle->writing);
    handle->waiting += length;
    while (handle->waiting >= PIECE)
        send_piece(handle, PIECE);
    pthread_mutex_unlock(&handle->writing);
    fuse_reply_write(request, length);
}

/* Waits until everything that was written is on the server. */
static void flush(struct handle *handle) {
    pthread_mutex_lock(&handle->writing);
    if (handle->waiting)
        send_piece(handle, handle->waiting);
    int pieces = handle->pieces;
    handle->pieces = 0;
    pthread_mutex_unlock(&handle->writing);
    if (pieces)
        sleep_until(handle->drained + latency[WRITE]);
    if (pieces > 1)
        finish(begin(COMMIT), 0);
}

/* Whether a process has mapped a file. What was mapped last is mostly among the first lines. */
static bool mapped(pid_t process, const struct file *file) {
    char path[32], line[PATH_MAX + 128];
    unsigned high, low;
    unsigned long number;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/maps", process);
    FILE *maps = fopen(path, "re");
    while (maps && !found && fgets(line, sizeof line, maps))
        found = sscanf(line, "%*s %*s %*s %x:%x %lu", &high, &low, &number) == 3 &&
                makedev(high, low) == mounted && number == file->number;
    if (maps)
        fclose(maps);
    return found;
}

/*
 * close(2). NFS sends CLOSE with the last reference to a file that was only read, and a mapping is
 * one: nfs4_file_flush in Linux' fs/nfs/nfs4file.c does nothing without FMODE_WRITE, and
 * nfs_file_release in fs/nfs/file.c, which is the end of all references, waits for the CLOSE. FUSE
 * tells the end too late to wait for it, so mappings are looked for, and of libraries alone, since
 * a look takes as long as a fast CLOSE.
 */
static void efs_flush(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    if (file_of(ino) != &counters) {
        struct handle *handle = handle_of(info);
        flush(handle);
        int64_t due = begin(CLOSE);
        handle->held = handle->library && mapped(fuse_req_ctx(request)->pid, file_of(ino));
        if (handle->held)
            atomic_fetch_sub(&counted[CLOSE], 1); /* not yet */
        else
            finish(due, 0);
    }
    fuse_reply_err(request, 0);
}

static void efs_release(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    if (file_of(ino) != &counters) {
        if (handle_of(info)->held)
            begin(CLOSE);
        close(handle_of(info)->fd);
        free(handle_of(info));
    }
    fuse_reply_err(request, 0);
}

/* The backing disk is not synced: what counts is the round trip. */
static void efs_fsync(fuse_req_t request, fuse_ino_t ino, int data_only,
                      struct fuse_file_info *info) {
    (void)data_only;
    if (file_of(ino) != &counters) {
        flush(handle_of(info));
        finish(begin(COMMIT), 0);
    }
    fuse_reply_err(request, 0);
}

static void efs_opendir(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    int fd = openat(file_of(ino)->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        fuse_reply_err(request, errno);
        return;
    }
    info->fh = (uintptr_t)directory;
    info->cache_readdir = info->keep_cache = 1;
    fuse_reply_open(request, info);
}

static void efs_readdir(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
                        struct fuse_file_info *info) {
    (void)ino;
    DIR *directory = (DIR *)(uintptr_t)info->fh;
    char *buffer = malloc(size);
    size_t used = 0;
    struct dirent *entry;
    if (!buffer) {
        fuse_reply_err(request, ENOMEM);
        return;
    }
    if (offset == 0) /* the kernel asks for further pages; an NFS server sends them at once */
        finish(begin(READDIR), 0);
    if (offset != telldir(directory))
        seekdir(directory, offset);
    errno = 0;
    while ((entry = readdir(directory))) {
        struct stat status = {.st_ino = entry->d_ino, .st_mode = DTTOIF(entry->d_type)};
        size_t length = fuse_add_direntry(request, buffer + used, size - used, entry->d_name,
                                          &status, entry->d_off);
        if (length > size - used)
            break;
        used += length;
    }
    if (!entry && errno && !used)
        fuse_reply_err(request, errno);
    else
        fuse_reply_buf(request, buffer, used);
    free(buffer);
}

static void efs_releasedir(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    (void)ino;
    closedir((DIR *)(uintptr_t)info->fh);
    fuse_reply_err(request, 0);
}

static void efs_fsyncdir(fuse_req_t request, fuse_ino_t ino, int data_only,
                         struct fuse_file_info *info) {
    (void)ino, (void)data_only, (void)info;
    finish(begin(COMMIT), 0);
    fuse_reply_err(request, 0);
}

void add_content_operations(struct fuse_lowlevel_ops *operations) {
    operations->open = efs_open;
    operations->create = efs_create;
    operations->read = efs_read;
    operations->write = efs_write;
    operations->flush = efs_flush;
    operations->release = efs_release;
    operations->fsync = efs_fsync;
    operations->opendir = efs_opendir;
    operations->readdir = efs_readdir;
    operations->releasedir = efs_releasedir;
    operations->fsyncdir = efs_fsyncdir;
}
