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
 * - close(2) waits for CLOSE, unless a library that is closed is mapped: content.c has the source.
 * What differs from NFS: a file that is opened for the first time costs LOOKUP and OPEN where
 * NFSv4 needs OPEN alone.
 */
#include "efs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 125 };

static void efs_init(void *data, struct fuse_conn_info *connection) {
    (void)data;
    connection->max_write = connection->max_read = PIECE;
    connection->max_background = SLOTS; /* the kernel's 12 would limit read-ahead */
    connection->congestion_threshold = SLOTS;
}

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
        while (request < REQUESTS && strcmp(request_names[request], name) != 0)
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
        default: fail("see the head of main.c for its options");
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

    struct fuse_lowlevel_ops operations = {.init = efs_init};
    add_name_operations(&operations);
    add_content_operations(&operations);
    struct fuse_session *session =
        fuse_session_new(&mount_options, &operations, sizeof operations, NULL);
    if (!session || fuse_session_mount(session, mountpoint) < 0)
        fail("%s cannot be mounted", mountpoint);
    pthread_t server;
    pthread_create(&server, NULL, serve, session);
    struct stat status; /* a real mount asks for its root, too */
    if (stat(mountpoint, &status) < 0)
        fail("%s: %s", mountpoint, strerror(errno));
    mounted = status.st_dev;
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
