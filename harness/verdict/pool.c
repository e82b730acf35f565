/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

/* A signal handler has nothing but statics: which signal has come, and the
 * pipe that wakes poll(2) up. */
static volatile sig_atomic_t ending_signal;
static int wake_fd = -1;

struct loop {
    const struct rig_pool *pool;
    struct rig_child *child; /* at_once slots */
    struct pollfd *fds;      /* wake pipe, then two per slot */
    unsigned active;
    size_t next; /* the next job to start */
    int wake[2];
    struct rig_keeper keeper;
    struct sigaction old_int, old_term, old_child;
};

static void on_signal(int number)
{
    int saved = errno;

    if (number != SIGCHLD)
        ending_signal = number;
    if (write(wake_fd, "", 1) < 0) {
        /* full: it will be read anyway */
    }
    errno = saved;
}

static int open_wake_pipe(struct loop *l)
{
    int k;

    if (pipe(l->wake))
        return -1;
    for (k = 0; k < 2; k++) {
        fcntl(l->wake[k], F_SETFL, O_NONBLOCK);
        fcntl(l->wake[k], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

static void catch_signals(struct loop *l)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    ending_signal = 0;
    wake_fd = l->wake[1];
    sigaction(SIGINT, &action, &l->old_int);
    sigaction(SIGTERM, &action, &l->old_term);
    action.sa_flags |= SA_NOCLDSTOP;
    sigaction(SIGCHLD, &action, &l->old_child);
}

static void release_signals(struct loop *l)
{
    sigaction(SIGINT, &l->old_int, NULL);
    sigaction(SIGTERM, &l->old_term, NULL);
    sigaction(SIGCHLD, &l->old_child, NULL);
    wake_fd = -1;
}

/* Job k could not be started at all. */
static void report_no_child(struct loop *l, size_t k)
{
    struct rig_result *r = calloc(1, sizeof(*r));

    if (!r)
        return;
    r->verdict = RIG_ERROR;
    snprintf(r->reason, sizeof(r->reason), "no process for the case: %s",
             strerror(errno));
    l->pool->done(l->pool->ctx, k, r);
    rig_result_free(r);
    free(r);
}

static struct rig_child *free_slot(struct loop *l)
{
    unsigned k;

    for (k = 0; k < l->pool->at_once; k++)
        if (l->child[k].pid == 0)
            return &l->child[k];
    return NULL;
}

static void start_children(struct loop *l)
{
    struct rig_child *slot;

    while (l->next < l->pool->count && (slot = free_slot(l))) {
        if (rig_child_start(slot, l->pool, l->next, l->child, l->pool->at_once,
                            &l->keeper) == 0)
            l->active++;
        else if (l->active > 0)
            return; /* when one of them has ended there is room again */
        else
            report_no_child(l, l->next);
        l->next++;
    }
}

static int timeout_ms(const struct loop *l)
{
    uint64_t now = rig_now_ms(), first = UINT64_MAX;
    unsigned k;

    for (k = 0; k < l->pool->at_once; k++) {
        const struct rig_child *c = &l->child[k];

        if (c->pid && !c->overdue && c->deadline_ms < first)
            first = c->deadline_ms;
    }
    if (first == UINT64_MAX)
        return -1; /* SIGCHLD will come */
    if (first <= now)
        return 0;
    return first - now > 60000 ? 60000 : (int)(first - now);
}

static void wait_for_something(struct loop *l)
{
    nfds_t count = 1;
    char drain[64];
    unsigned k;

    l->fds[0] = (struct pollfd){.fd = l->wake[0], .events = POLLIN};
    for (k = 0; k < l->pool->at_once; k++) {
        const struct rig_child *c = &l->child[k];

        if (c->pid == 0)
            continue;
        /* poll leaves negative ones out: those that have reached their end */
        l->fds[count++] = (struct pollfd){.fd = c->result, .events = POLLIN};
        l->fds[count++] = (struct pollfd){.fd = c->output, .events = POLLIN};
    }
    if (poll(l->fds, count, timeout_ms(l)) > 0)
        while (read(l->wake[0], drain, sizeof(drain)) > 0)
            ;
}

/* Looks without reaping: while the zombie stands, its process group cannot be
 * anybody else's, and what the subject has started can be killed. */
static bool has_ended(const struct rig_child *c)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
               0 &&
           info.si_pid == c->pid;
}

static int reap(struct loop *l, const struct rig_child *c)
{
    int status = 0;

    rig_child_kill(c);
    rig_keeper_forget(&l->keeper, (unsigned)(c - l->child));
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void end_child(struct loop *l, struct rig_child *c)
{
    struct rig_result *r = calloc(1, sizeof(*r));
    size_t job = c->job;

    if (!r) /* cannot say anything about this one, nor about any other */
        abort();
    rig_child_end(c, l->pool, reap(l, c), r);
    l->active--;
    l->pool->done(l->pool->ctx, job, r);
    rig_result_free(r);
    free(r);
}

static void look_after_children(struct loop *l)
{
    uint64_t now = rig_now_ms();
    unsigned k;

    for (k = 0; k < l->pool->at_once; k++) {
        struct rig_child *c = &l->child[k];

        if (c->pid == 0)
            continue;
        rig_child_read(c);
        if (has_ended(c)) {
            end_child(l, c);
        } else if (now >= c->deadline_ms && !c->overdue) {
            c->overdue = true;
            rig_child_kill(c);
        }
    }
}

/* After a signal: nobody is interested in what these would have said. */
static void drop_children(struct loop *l)
{
    struct rig_result ignored;
    unsigned k;

    for (k = 0; k < l->pool->at_once; k++)
        if (l->child[k].pid) {
            int status = reap(l, &l->child[k]);

            rig_child_end(&l->child[k], l->pool, status, &ignored);
            rig_result_free(&ignored);
        }
}

int rig_pool_run(const struct rig_pool *pool)
{
    struct loop l = {.pool = pool};
    int rc = -1;

    l.child = calloc(pool->at_once, sizeof(*l.child));
    l.fds = calloc(1 + 2 * (size_t)pool->at_once, sizeof(*l.fds));
    if (l.child && l.fds && open_wake_pipe(&l) == 0) {
        rig_keeper_start(&l.keeper, pool->at_once);
        catch_signals(&l);
        while (!ending_signal && (l.active || l.next < pool->count)) {
            start_children(&l);
            if (l.active)
                wait_for_something(&l);
            look_after_children(&l);
        }
        rc = ending_signal;
        drop_children(&l);
        release_signals(&l);
        rig_keeper_end(&l.keeper);
        close(l.wake[0]);
        close(l.wake[1]);
    }
    free(l.child);
    free(l.fds);
    return rc;
}
