/*
 * A simulator of EFS as a Linux client sees it over NFS: a directory, mounted a second time, where
 * each request that an NFS client would send takes its time and is counted.
 *
 *     efs [options] BACKING MOUNTPOINT                 serves until SIGINT or SIGTERM
 *     efs [options] BACKING MOUNTPOINT -- COMMAND...   serves this command alone, ends with it
 *
 *     -l NAME=MS[,NAME=MS...]  latency of each kind of request in milliseconds (default 0)
 *     -b MB_PER_SECOND         bandwidth, reads and writes together (default 0: no limit)
 *     -c PER_SECOND            files, directories and links that the server makes (0: no limit)
 *     -t SECONDS               how long attributes and names, present or not, are cached (60)
 *     -a KIB                   read-ahead (default: the kernel's 128); needs root
 *     -r                       mount read-only
 *
 * With a command the mount lives in a mount namespace of its own, so that nobody else sees it and
 * nothing can be left behind; it may even cover BACKING itself. The exit code is the command's,
 * 125 if the simulator fails.
 *
 * MOUNTPOINT/.counters is a JSON object: requests by kind, bytes read and written. It appears in
 * no listing, costs nothing, and truncating it sets everything to 0.
 *
 * What is modelled, and how:
 * - A client has 64 slots, so at most 64 requests are in flight: there are 64 threads, and each
 *   sleeps through the latency of its request before it answers.
 * - All bytes share one link; they queue on it once the latency is over.
 * - Writes are the client's page cache's: they return at once, go out in the background in pieces
 *   of 1 MiB, and close waits for the last; more than one piece needs a COMMIT.
 * - A directory is read in one request, and listed again from the cache.
 * - Creations can be limited to so many a second, whatever the parallelism.
 * - ACCESS is asked once for each directory, if it has a latency.
 * - flock is the kernel's, local to the mount, and costs nothing.
 * What differs from NFS: a file that is opened for the first time costs LOOKUP and OPEN where
 * NFSv4 needs OPEN alone, and CLOSE comes at close(2) even where a mapping lives on.
 */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 312

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 64, PIECE = 1 << 20, BUCKETS = 1 << 16, FAILED = 125 };

/* ---- Requests: what each costs, and how many there were ---- */

enum request {
    LOOKUP, MISSING, GETATTR, ACCESS, OPEN, CLOSE, READDIR, READLINK, READ, STATFS,
    CREATE, MKDIR, SYMLINK, WRITE, COMMIT, SETATTR, LINK, RENAME, REMOVE, REQUESTS
};

/* A LOOKUP of a name that is not there is MISSING: before a creation NFS does not send it. */
static const char *const names[REQUESTS] = {
    "lookup", "missing", "getattr", "access", "open", "close", "readdir", "readlink", "read",
    "statfs", "create", "mkdir", "symlink", "write", "commit", "setattr", "link", "rename", "remove"
};

static const int64_t SECOND = 1000000000;
static int64_t latency[REQUESTS]; /* nanoseconds */
static double nanoseconds_per_byte, nanoseconds_per_creation;
static double timeout = 60;

static atomic_long counted[REQUESTS], bytes_read, bytes_written;

static pthread_mutex_t reserving = PTHREAD_MUTEX_INITIALIZER;
static int64_t link_free, creation_free; /* when the next byte, the next creation can begin */

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static void sleep_until(int64_t due) {
    struct timespec time = {due / SECOND, due % SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        ;
}

/* Takes the next free nanoseconds of something that serves one after another. Returns the end. */
static int64_t reserve(int64_t *free_at, double nanoseconds) {
    int64_t time = now();
    if (nanoseconds == 0)
        return time;
    pthread_mutex_lock(&reserving);
    time = *free_at = (*free_at > time ? *free_at : time) + (int64_t)nanoseconds;
    pthread_mutex_unlock(&reserving);
    return time;
}

/* A request begins: it is counted. Returns when its latency is over. */
static int64_t begin(enum request request) {
    atomic_fetch_add(&counted[request], 1);
    int64_t due = now() + latency[request];
    if (request == CREATE || request == MKDIR || request == SYMLINK) {
        int64_t made = reserve(&creation_free, nanoseconds_per_creation);
        return made > due ? made : due;
    }
    return due;
}

/* The request waits for its latency, then for its bytes on the link. */
static void finish(int64_t due, size_t bytes) {
    sleep_until(due);
    if (bytes && nanoseconds_per_byte)
        sleep_until(reserve(&link_free, bytes * nanoseconds_per_byte));
}

/* ---- Files: a directory the kernel knows is open, everything else is a name in one ---- */

struct file {
    int fd;              /* of a directory, O_PATH; -1 for others */
    struct file *parent; /* of others: where they were seen last, */
    char *name;          /* and how they were called */
    dev_t device;
    ino_t number;
    uint64_t known; /* how often the kernel was told of it, less what it forgot; and its files */
    atomic_bool access_asked;
    struct file *next;
};

/* How a file is reached: a name relative to a descriptor. */
struct place {
    int fd;
    char name[NAME_MAX + 1];
};

static struct file root, counters; /* counters: the file .counters */
static struct file *files[BUCKETS];
static pthread_mutex_t filing = PTHREAD_MUTEX_INITIALIZER;

static struct file *file_of(fuse_ino_t ino) {
    return ino == FUSE_ROOT_ID ? &root : (struct file *)(uintptr_t)ino;
}

static struct place place_of(const struct file *file) {
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

static void forget(struct file *file, uint64_t times) {
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
static int find(struct file *parent, const char *name, struct fuse_entry_param *entry) {
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

/* ---- The file .counters ---- */

static size_t print_counters(char *text, size_t size) {
    size_t end = 0;
    for (int request = 0; request < REQUESTS; request++)
        end += snprintf(text + end, size - end, "%s\"%s\": %ld", request ? ", " : "{",
                        names[request], atomic_load(&counted[request]));
    return end + snprintf(text + end, size - end, ", \"bytes_read\": %ld, \"bytes_written\": %ld}\n",
                          atomic_load(&bytes_read), atomic_load(&bytes_written));
}

static void reset_counters(void) {
    for (int request = 0; request < REQUESTS; request++)
        atomic_store(&counted[request], 0);
    atomic_store(&bytes_read, 0);
    atomic_store(&bytes_written, 0);
}

static struct stat counters_status(void) {
    return (struct stat){.st_ino = 2, .st_mode = S_IFREG | 0644, .st_nlink = 1,
                         .st_uid = getuid(), .st_gid = getgid()};
}

/* ---- Names and attributes ---- */

static void efs_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
    struct fuse_entry_param entry;
    if (parent == FUSE_ROOT_ID && strcmp(name, ".counters") == 0) {
        entry = (struct fuse_entry_param){.ino = (uintptr_t)&counters, .attr = counters_status()};
        fuse_reply_entry(request, &entry);
        return;
    }
    struct file *directory = file_of(parent);
    if (latency[ACCESS] && !atomic_exchange(&directory->access_asked, true))
        finish(begin(ACCESS), 0);
    int error = find(directory, name, &entry);
    finish(begin(error == ENOENT ? MISSING : LOOKUP), 0);
    if (error == ENOENT) {
        entry = (struct fuse_entry_param){.ino = 0, .entry_timeout = timeout};
        fuse_reply_entry(request, &entry);
    } else if (error) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_entry(request, &entry);
    }
}

static void efs_forget(fuse_req_t request, fuse_ino_t ino, uint64_t times) {
    forget(file_of(ino), times);
    fuse_reply_none(request);
}

static void efs_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *list) {
    for (size_t i = 0; i < count; i++)
        forget(file_of(list[i].ino), list[i].nlookup);
    fuse_reply_none(request);
}

static void reply_attributes(fuse_req_t request, struct file *file) {
    struct stat status;
    struct place place = place_of(file);
    if (fstatat(place.fd, place.name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        fuse_reply_err(request, errno);
    else
        fuse_reply_attr(request, &status, timeout);
}

static void efs_getattr(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    (void)info;
    if (file_of(ino) == &counters) {
        struct stat status = counters_status();
        fuse_reply_attr(request, &status, 0);
        return;
    }
    finish(begin(GETATTR), 0);
    reply_attributes(request, file_of(ino));
}

static int set_times(const struct place *place, const struct stat *wanted, int set) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    if (set & FUSE_SET_ATTR_ATIME)
        times[0] = wanted->st_atim;
    if (set & FUSE_SET_ATTR_MTIME)
        times[1] = wanted->st_mtim;
    if (set & FUSE_SET_ATTR_ATIME_NOW)
        times[0].tv_nsec = UTIME_NOW;
    if (set & FUSE_SET_ATTR_MTIME_NOW)
        times[1].tv_nsec = UTIME_NOW;
    return utimensat(place->fd, place->name, times, AT_SYMLINK_NOFOLLOW);
}

static int set_size(const struct place *place, off_t size) {
    int fd = openat(place->fd, place->name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    int failed = fd < 0 ? -1 : ftruncate(fd, size);
    if (fd >= 0)
        close(fd);
    return failed;
}

static void efs_setattr(fuse_req_t request, fuse_ino_t ino, struct stat *wanted, int set,
                        struct fuse_file_info *info) {
    if (file_of(ino) == &counters) {
        efs_getattr(request, ino, info);
        return;
    }
    finish(begin(SETATTR), 0);
    struct place place = place_of(file_of(ino));
    int failed = 0;
    if (set & FUSE_SET_ATTR_MODE)
        failed |= fchmodat(place.fd, place.name, wanted->st_mode, 0);
    if (set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
        failed |= fchownat(place.fd, place.name,
                           set & FUSE_SET_ATTR_UID ? wanted->st_uid : (uid_t)-1,
                           set & FUSE_SET_ATTR_GID ? wanted->st_gid : (gid_t)-1,
                           AT_SYMLINK_NOFOLLOW);
    if (set & FUSE_SET_ATTR_SIZE)
        failed |= set_size(&place, wanted->st_size);
    if (set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME))
        failed |= set_times(&place, wanted, set);
    if (failed)
        fuse_reply_err(request, errno);
    else
        reply_attributes(request, file_of(ino));
}

static void efs_readlink(fuse_req_t request, fuse_ino_t ino) {
    char target[PATH_MAX];
    finish(begin(READLINK), 0);
    struct place place = place_of(file_of(ino));
    ssize_t length = readlinkat(place.fd, place.name, target, sizeof target - 1);
    if (length < 0) {
        fuse_reply_err(request, errno);
        return;
    }
    target[length] = 0;
    fuse_reply_readlink(request, target);
}

static void efs_statfs(fuse_req_t request, fuse_ino_t ino) {
    (void)ino;
    struct statvfs status;
    finish(begin(STATFS), 0);
    if (fstatvfs(root.fd, &status) < 0)
        fuse_reply_err(request, errno);
    else
        fuse_reply_statfs(request, &status);
}

/* ---- Changes of directories ---- */

/* Answers a creation: `failed` is what the system call returned. */
static void reply_made(fuse_req_t request, int failed, fuse_ino_t parent, const char *name) {
    struct fuse_entry_param entry;
    int error = failed ? errno : find(file_of(parent), name, &entry);
    if (error)
        fuse_reply_err(request, error);
    else
        fuse_reply_entry(request, &entry);
}

static void efs_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
    finish(begin(MKDIR), 0);
    reply_made(request, mkdirat(file_of(parent)->fd, name, mode), parent, name);
}

static void efs_symlink(fuse_req_t request, const char *target, fuse_ino_t parent,
                        const char *name) {
    finish(begin(SYMLINK), 0);
    reply_made(request, symlinkat(target, file_of(parent)->fd, name), parent, name);
}

static void efs_link(fuse_req_t request, fuse_ino_t ino, fuse_ino_t parent, const char *name) {
    finish(begin(LINK), 0);
    struct place place = place_of(file_of(ino));
    reply_made(request, linkat(place.fd, place.name, file_of(parent)->fd, name, 0), parent, name);
}

static void efs_rename(fuse_req_t request, fuse_ino_t from, const char *old, fuse_ino_t to,
                       const char *new, unsigned flags) {
    struct stat status;
    finish(begin(RENAME), 0);
    if (flags & RENAME_EXCHANGE) { /* NFS cannot do it, either */
        fuse_reply_err(request, EINVAL);
        return;
    }
    pthread_mutex_lock(&filing);
    int error = renameat2(file_of(from)->fd, old, file_of(to)->fd, new, flags) ? errno : 0;
    struct file *file = NULL;
    if (!error && fstatat(file_of(to)->fd, new, &status, AT_SYMLINK_NOFOLLOW) == 0)
        file = known_file(&status);
    if (file && file->name)
        move(file, file_of(to), new);
    pthread_mutex_unlock(&filing);
    fuse_reply_err(request, error);
}

static void efs_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
    finish(begin(REMOVE), 0);
    fuse_reply_err(request, unlinkat(file_of(parent)->fd, name, 0) ? errno : 0);
}

static void efs_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name) {
    finish(begin(REMOVE), 0);
    fuse_reply_err(request, unlinkat(file_of(parent)->fd, name, AT_REMOVEDIR) ? errno : 0);
}

/* ---- Open files ---- */

struct handle {
    int fd;
    pthread_mutex_t writing;
    size_t waiting;  /* bytes of a piece that is not full yet */
    int pieces;      /* sent since the last flush */
    int64_t drained; /* when the last of them is through the link */
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
    handle->fd = fd;
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

static void efs_flush(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    if (file_of(ino) != &counters) {
        flush(handle_of(info));
        finish(begin(CLOSE), 0);
    }
    fuse_reply_err(request, 0);
}

static void efs_release(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
    if (file_of(ino) != &counters) {
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

/* ---- Directories ---- */

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

static void efs_init(void *data, struct fuse_conn_info *connection) {
    (void)data;
    connection->max_write = connection->max_read = PIECE;
    connection->max_background = SLOTS; /* the kernel's 12 would limit read-ahead */
    connection->congestion_threshold = SLOTS;
}

static const struct fuse_lowlevel_ops operations = {
    .init = efs_init,         .lookup = efs_lookup,         .forget = efs_forget,
    .getattr = efs_getattr,   .forget_multi = efs_forget_multi, .setattr = efs_setattr,
    .readlink = efs_readlink, .statfs = efs_statfs,         .mkdir = efs_mkdir,
    .symlink = efs_symlink,   .link = efs_link,             .rename = efs_rename,
    .unlink = efs_unlink,     .rmdir = efs_rmdir,           .open = efs_open,
    .create = efs_create,     .read = efs_read,             .write = efs_write,
    .flush = efs_flush,       .release = efs_release,       .fsync = efs_fsync,
    .opendir = efs_opendir,   .readdir = efs_readdir,       .releasedir = efs_releasedir,
    .fsyncdir = efs_fsyncdir,
};

/* ---- Command line, mount, command ---- */

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("efs: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(FAILED);
}

static void write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fail("%s cannot be written: %s", path, strerror(errno));
    close(fd);
}

static double number(const char *text, const char *option) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || !(value >= 0))
        fail("%s is \"%s\"; it has to be a number that is not negative", option, text);
    return value;
}

static void set_latencies(char *list) {
    for (char *item; (item = strsep(&list, ","));) {
        char *name = strsep(&item, "=");
        int request = 0;
        while (request < REQUESTS && strcmp(names[request], name) != 0)
            request++;
        if (request == REQUESTS || !item)
            fail("-l: \"%s\" is no kind of request, or has no latency", name);
        latency[request] = (int64_t)(number(item, name) * 1e6);
    }
}

/* A mount namespace of our own; a user without rights needs a user namespace for it. */
static void separate_mounts(void) {
    char map[64];
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWNS | (user ? CLONE_NEWUSER : 0)) < 0)
        fail("no mount namespace: %s. Run it as root, or allow user namespaces", strerror(errno));
    if (user) {
        snprintf(map, sizeof map, "%u %u 1", user, user);
        write_text("/proc/self/uid_map", map);
        write_text("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "%u %u 1", group, group);
        write_text("/proc/self/gid_map", map);
    }
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        fail("mounts cannot be made private: %s", strerror(errno));
}

/* A descriptor for each directory that the kernel knows, and for each open file. */
static void allow_descriptors(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_read_ahead(dev_t device, const char *kibibytes) {
    char path[64];
    snprintf(path, sizeof path, "/sys/class/bdi/%u:%u/read_ahead_kb", major(device), minor(device));
    write_text(path, kibibytes);
}

static void *serve(void *session) {
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_max_threads(config, SLOTS);
    fuse_loop_cfg_set_idle_threads(config, SLOTS);
    fuse_session_loop_mt(session, config);
    fuse_loop_cfg_destroy(config);
    kill(getpid(), SIGTERM); /* somebody has unmounted it */
    return NULL;
}

static pid_t start(char **command, const sigset_t *signals, const struct rlimit *descriptors) {
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_NOFILE, descriptors);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_UNBLOCK, signals, NULL);
        execvp(command[0], command);
        fprintf(stderr, "efs: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    if (child < 0)
        fail("fork: %s", strerror(errno));
    return child;
}

/* Waits for the command, or for a signal. Returns the exit code. */
static int wait_for(pid_t child, const sigset_t *signals) {
    int status, signal;
    for (;;) {
        sigwait(signals, &signal);
        if (signal != SIGCHLD)
            return child ? 128 + signal : 0;
        if (child && waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

int main(int count, char **arguments) {
    const char *read_ahead = NULL;
    struct fuse_args mount_options = FUSE_ARGS_INIT(0, NULL);
    fuse_opt_add_arg(&mount_options, "efs");
    fuse_opt_add_arg(&mount_options, "-ofsname=efs,subtype=efs,max_read=1048576");
    for (int option; (option = getopt(count, arguments, "+l:b:c:t:a:r")) != -1;) {
        double value = strchr("bct", option) ? number(optarg, "an option") : 0;
        switch (option) {
        case 'l': set_latencies(optarg); break;
        case 'b': nanoseconds_per_byte = value ? 1e3 / value : 0; break;
        case 'c': nanoseconds_per_creation = value ? 1e9 / value : 0; break;
        case 't': timeout = value; break;
        case 'a': read_ahead = optarg; break;
        case 'r': fuse_opt_add_arg(&mount_options, "-oro"); break;
        default: fail("see the head of efs.c for its options");
        }
    }
    if (count - optind < 2)
        fail("usage: efs [options] BACKING MOUNTPOINT [-- COMMAND...]");
    const char *backing = arguments[optind], *mountpoint = arguments[optind + 1];
    char **command = count - optind > 2 ? arguments + optind + 2 : NULL;
    if (command && strcmp(*command, "--") == 0)
        command++;

    struct rlimit descriptors; /* the command keeps its own */
    getrlimit(RLIMIT_NOFILE, &descriptors);
    allow_descriptors();
    prctl(PR_SET_TIMERSLACK, 1); /* the default, 50 us, is a sixth of an optimistic latency */

    root.fd = open(backing, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root.fd < 0)
        fail("%s: %s", backing, strerror(errno));
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (command)
        separate_mounts();
    mode_t mask = umask(0); /* the kernel has applied the caller's */

    struct fuse_session *session =
        fuse_session_new(&mount_options, &operations, sizeof operations, NULL);
    if (!session || fuse_session_mount(session, mountpoint) < 0)
        fail("%s cannot be mounted", mountpoint);
    pthread_t server;
    pthread_create(&server, NULL, serve, session);
    struct stat status; /* a real mount asks for its root, too */
    if (stat(mountpoint, &status) < 0)
        fail("%s: %s", mountpoint, strerror(errno));
    if (read_ahead)
        set_read_ahead(status.st_dev, read_ahead);
    reset_counters();

    pid_t child = 0;
    if (command) {
        umask(mask);
        child = start(command, &signals, &descriptors);
        umask(0);
    }
    int code = wait_for(child, &signals);
    if (child)
        kill(-child, SIGKILL); /* what is left of it */
    else
        fuse_session_unmount(session);
    exit(code);
}
