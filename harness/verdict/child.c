/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "text.h"

/* Far more than 32 failures need. */
#define RESULT_BYTES_MAX ((size_t)4 << 20)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

uint64_t rig_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- in the child -------------------------------------------------- */

/* If the parent is killed, nobody else would end an endless subject. */
static void die_with(pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(0);
}

static void set_streams(int output)
{
    int null = open("/dev/null", O_RDONLY);

    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    close(output);
    /* A crash would take the buffer with it. */
    setvbuf(stdout, NULL, _IONBF, 0);
}

static void default_signals(void)
{
    sigset_t none;

    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void write_all(int fd, const char *s, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, s, bytes);

        if (n < 0 && errno != EINTR)
            return;
        if (n > 0) {
            s += n;
            bytes -= (size_t)n;
        }
    }
}

/* Sanitizers look for leaks in exit; without them, exit would only run what
 * the subject has registered, in a process that is of no use any more. */
_Noreturn static void leave(void)
{
    fflush(NULL);
    if (SANITIZED)
        exit(0);
    _exit(0);
}

_Noreturn static void run_job(const struct rig_pool *pool, size_t job, int to)
{
    struct rig_result *r = calloc(1, sizeof(*r));
    json_t *j = NULL;
    char *text = NULL;

    if (r) {
        pool->run(pool->ctx, job, r);
        j = rig_result_to_json(r);
        text = json_dumps(j, JSON_COMPACT);
        rig_result_free(r);
    }
    if (text)
        write_all(to, text, strlen(text));
    json_decref(j);
    free(text);
    free(r);
    close(to);
    leave();
}

/* --- in the parent ------------------------------------------------- */

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_ends(int pipe[2])
{
    close_end(&pipe[0]);
    close_end(&pipe[1]);
}

static int open_pipes(int result[2], int output[2])
{
    if (pipe(result))
        return -1;
    if (pipe(output)) {
        close_ends(result);
        return -1;
    }
    fcntl(result[0], F_SETFL, O_NONBLOCK);
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    return 0;
}

static void close_others(const struct rig_child *all, unsigned count)
{
    for (unsigned k = 0; k < count; k++)
        if (all[k].pid) {
            struct rig_child other = all[k];

            close_end(&other.result);
            close_end(&other.output);
        }
}

/* The keeper comes first: from there on this process and what it starts will
 * be ended, whatever becomes of the parent. */
_Noreturn static void be_child(const struct rig_pool *pool, size_t job,
                               pid_t parent, int result[2], int output[2],
                               struct rig_keeper *keeper, unsigned slot)
{
    setpgid(0, 0);
    rig_keeper_enter(keeper, slot);
    die_with(parent);
    default_signals();
    close(result[0]);
    close(output[0]);
    set_streams(output[1]);
    run_job(pool, job, result[1]);
}

int rig_child_start(struct rig_child *c, const struct rig_pool *pool,
                    size_t job, const struct rig_child *all, unsigned count,
                    struct rig_keeper *keeper)
{
    int result[2], output[2];
    pid_t parent = getpid(), pid;

    if (open_pipes(result, output))
        return -1;
    fflush(NULL); /* or the child would print it once more */
    pid = fork();
    if (pid == 0) {
        close_others(all, count);
        be_child(pool, job, parent, result, output, keeper,
                 (unsigned)(c - all));
    }
    if (pid < 0) {
        close_ends(result);
        close_ends(output);
        return -1;
    }
    setpgid(pid, pid); /* whoever comes first */
    close(result[1]);
    close(output[1]);
    memset(c, 0, sizeof(*c));
    c->pid = pid;
    c->job = job;
    c->result = result[0];
    c->output = output[0];
    c->start_ms = rig_now_ms();
    c->deadline_ms = c->start_ms + pool->deadline_ms;
    return 0;
}

static void add_result(struct rig_child *c, const char *s, size_t bytes)
{
    if (c->text_bytes + bytes > RESULT_BYTES_MAX)
        return; /* the rest will be missing: no JSON */
    if (c->text_bytes + bytes > c->text_room) {
        size_t room = 2 * (c->text_bytes + bytes);
        char *more = realloc(c->text, room);

        if (!more)
            return;
        c->text = more;
        c->text_room = room;
    }
    memcpy(c->text + c->text_bytes, s, bytes);
    c->text_bytes += bytes;
}

static void add_output(struct rig_child *c, const char *s, size_t bytes)
{
    for (; bytes > 0; bytes--)
        c->tail[c->tail_bytes++ % sizeof(c->tail)] = *s++;
}

/* At most one buffer: a child that never stops printing must not keep the
 * parent from the others. */
static bool read_some(struct rig_child *c, int *fd,
                      void (*add)(struct rig_child *, const char *, size_t))
{
    char buf[65536];
    ssize_t n;

    if (*fd < 0)
        return false;
    do
        n = read(*fd, buf, sizeof(buf));
    while (n < 0 && errno == EINTR);
    if (n > 0)
        add(c, buf, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        close_end(fd);
    return n > 0;
}

void rig_child_read(struct rig_child *c)
{
    read_some(c, &c->result, add_result);
    read_some(c, &c->output, add_output);
}

void rig_child_kill(const struct rig_child *c)
{
    kill(-c->pid, SIGKILL);
    kill(c->pid, SIGKILL); /* before it had its own process group */
}

/* The tail as text, from the beginning of a line if it was cut. NULL if
 * nothing was printed. */
static char *output_text(const struct rig_child *c)
{
    size_t room = sizeof(c->tail), k;
    size_t bytes = c->tail_bytes < room ? (size_t)c->tail_bytes : room;
    char *text, *line;

    if (bytes == 0)
        return NULL;
    text = malloc(bytes + 1);
    if (!text)
        return NULL;
    for (k = 0; k < bytes; k++) {
        char byte = c->tail[(c->tail_bytes - bytes + k) % room];

        text[k] = byte ? byte : ' ';
    }
    text[bytes] = '\0';
    line = strchr(text, '\n');
    if (c->tail_bytes > room && line && line[1])
        memmove(text, line + 1, strlen(line));
    return text;
}

static const char *signal_name(int number)
{
    switch (number) {
    case SIGABRT:
        return "SIGABRT";
    case SIGBUS:
        return "SIGBUS";
    case SIGFPE:
        return "SIGFPE";
    case SIGILL:
        return "SIGILL";
    case SIGKILL:
        return "SIGKILL";
    case SIGPIPE:
        return "SIGPIPE";
    case SIGSEGV:
        return "SIGSEGV";
    case SIGTERM:
        return "SIGTERM";
    case SIGTRAP:
        return "SIGTRAP";
    default:
        return "signal";
    }
}

/* The line of a sanitizer that says it all, or NULL. */
static const char *sanitizer_line(const char *output)
{
    static const char *const marks[] = {"SUMMARY: ", "runtime error: "};
    const char *found = NULL;
    size_t k;

    for (k = 0; output && !found && k < sizeof(marks) / sizeof(*marks); k++) {
        found = strstr(output, marks[k]);
        if (found && k == 0)
            found += strlen(marks[k]);
    }
    return found;
}

static void set_verdict(struct rig_result *r, enum rig_verdict verdict)
{
    r->verdict = verdict;
    r->reason[0] = '\0';
}

static void judge_status(struct rig_result *r, int status, bool has_result,
                         const char *output)
{
    const char *line = sanitizer_line(output);

    if (WIFSIGNALED(status)) {
        set_verdict(r, RIG_CRASH);
        snprintf(r->reason, sizeof(r->reason), "died by %s (signal %d, %s)",
                 signal_name(WTERMSIG(status)), WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != 0 && line) {
        set_verdict(r, RIG_CRASH);
        snprintf(r->reason, sizeof(r->reason), "sanitizer report: %.*s",
                 (int)strcspn(line, "\n"), line);
    } else if (WEXITSTATUS(status) != 0 || !has_result) {
        set_verdict(r, RIG_CRASH);
        snprintf(r->reason, sizeof(r->reason),
                 "its process exited with status %d %s", WEXITSTATUS(status),
                 has_result ? "after the case" : "before the case was over");
    }
}

/* Returns whether there is one; without, *r is empty. */
static bool parse_result(const struct rig_child *c, struct rig_result *r)
{
    json_t *j = c->text ? json_loadb(c->text, c->text_bytes, 0, NULL) : NULL;
    bool ok = false;

    memset(r, 0, sizeof(*r));
    if (j)
        ok = rig_result_from_json(r, j) == 0;
    if (!ok)
        memset(r, 0, sizeof(*r));
    json_decref(j);
    return ok;
}

void rig_child_end(struct rig_child *c, const struct rig_pool *pool, int status,
                   struct rig_result *r)
{
    bool has_result;
    char *output;

    while (read_some(c, &c->result, add_result))
        ;
    while (read_some(c, &c->output, add_output))
        ;
    has_result = parse_result(c, r);
    if (!has_result)
        r->ms = (double)(rig_now_ms() - c->start_ms);
    output = output_text(c);
    if (c->overdue) {
        set_verdict(r, RIG_HUNG);
        snprintf(r->reason, sizeof(r->reason), "killed after %g s",
                 (double)pool->deadline_ms / 1000);
    } else {
        judge_status(r, status, has_result, output);
    }
    if (r->verdict == RIG_CRASH || r->verdict == RIG_HUNG ||
        r->verdict == RIG_ERROR) {
        free(r->output);
        r->output = output;
    } else {
        free(output);
    }
    close_end(&c->result);
    close_end(&c->output);
    free(c->text);
    memset(c, 0, sizeof(*c));
}
