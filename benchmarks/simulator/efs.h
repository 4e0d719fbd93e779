/* What the parts of the simulator know of each other. main.c tells what it is. */
#ifndef EFS_H
#define EFS_H

#define _GNU_SOURCE
#define FUSE_USE_VERSION 312

#include <fuse_lowlevel.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum { SLOTS = 64, PIECE = 1 << 20, BUCKETS = 1 << 16 };

/* ---- model.c: what requests cost, and how many there were ---- */

enum request {
    LOOKUP, MISSING, GETATTR, ACCESS, OPEN, CLOSE, READDIR, READLINK, READ, STATFS,
    CREATE, MKDIR, SYMLINK, WRITE, COMMIT, SETATTR, LINK, RENAME, REMOVE, REQUESTS
};

extern const char *const request_names[REQUESTS];
extern int64_t latency[REQUESTS]; /* nanoseconds */
extern double nanoseconds_per_byte, nanoseconds_per_creation;
extern int64_t link_free; /* when the next byte can begin */
extern atomic_long counted[REQUESTS], bytes_read, bytes_written;

void sleep_until(int64_t due);
int64_t reserve(int64_t *free_at, double nanoseconds);
int64_t begin(enum request request);
void finish(int64_t due, size_t bytes);
size_t print_counters(char *text, size_t size);
void reset_counters(void);

/* ---- files.c: the files that the kernel knows ---- */

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

extern double timeout; /* of what is cached, in seconds */
extern struct file root, counters; /* counters: the file .counters */
extern dev_t mounted;              /* the mount's device */

struct file *file_of(fuse_ino_t ino);
struct place place_of(const struct file *file);
void forget(struct file *file, uint64_t times);
int find(struct file *parent, const char *name, struct fuse_entry_param *entry);
int rename_file(struct file *from, const char *old, struct file *to, const char *new,
                unsigned flags);

/* ---- names.c, content.c: what is answered ---- */

void add_name_operations(struct fuse_lowlevel_ops *operations);
void add_content_operations(struct fuse_lowlevel_ops *operations);

#endif
