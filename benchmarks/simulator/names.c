/* Requests for names and attributes, and changes of directories. */
#include "efs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static struct stat counters_status(void) {
    return (struct stat){.st_ino = 2, .st_mode = S_IFREG | 0644, .st_nlink = 1,
                         .st_uid = getuid(), .st_gid = getgid()};
}

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
    finish(begin(RENAME), 0);
    if (flags & RENAME_EXCHANGE) { /* NFS cannot do it, either */
        fuse_reply_err(request, EINVAL);
        return;
    }
    fuse_reply_err(request, rename_file(file_of(from), old, file_of(to), new, flags));
}

static void efs_unlink(fuse_req_t request, fuse_ino_t parent, const char *name) {
    finish(begin(REMOVE), 0);
    fuse_reply_err(request, unlinkat(file_of(parent)->fd, name, 0) ? errno : 0);
}

static void efs_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name) {
    finish(begin(REMOVE), 0);
    fuse_reply_err(request, unlinkat(file_of(parent)->fd, name, AT_REMOVEDIR) ? errno : 0);
}

void add_name_operations(struct fuse_lowlevel_ops *operations) {
    operations->lookup = efs_lookup;
    operations->forget = efs_forget;
    operations->forget_multi = efs_forget_multi;
    operations->getattr = efs_getattr;
    operations->setattr = efs_setattr;
    operations->readlink = efs_readlink;
    operations->statfs = efs_statfs;
    operations->mkdir = efs_mkdir;
    operations->symlink = efs_symlink;
    operations->link = efs_link;
    operations->rename = efs_rename;
    operations->unlink = efs_unlink;
    operations->rmdir = efs_rmdir;
}
