/* SPDX-License-Identifier: MIT
 *
 * crew.c: the parent of the workers: starts them, watches their deadlines,
 * and replaces the one that its subject has killed.
 */
#include "crew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "crew_parts.h"
#include "isolate.h"

#define LOOK_NS 20000000 /* between two looks at the deadlines */

struct member {
    pid_t pid;  /* 0: none */
    int output; /* a file in memory that takes what it prints */
    bool overdue;
};

struct crew {
    const struct rig_search *search;
    struct rig_shared *shared;
    size_t shared_bytes;
    struct member member[RIG_CREW_MAX];
    uint64_t start_ms;
    char *error; /* room for 256 bytes */
};

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    signalled = number;
}

uint64_t rig_search_count(const struct rig_search *s, uint64_t *first)
{
    uint64_t ahead = (s->shard + s->shards - s->first % s->shards) % s->shards;

    *first = s->first + ahead;
    if (ahead > s->last - s->first)
        return 0;
    return (s->last - *first) / s->shards + 1;
}

/* ---- workers ---- */

_Noreturn static void be_worker(struct crew *c, unsigned k, pid_t parent)
{
    int null = open("/dev/null", O_RDONLY);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    /* Whoever sends one to all of us means the parent, which tells us. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(c->member[k].output, STDOUT_FILENO);
    dup2(c->member[k].output, STDERR_FILENO);
    setvbuf(stdout, NULL, _IONBF, 0);
    rig_worker_run(c->search, c->shared, &c->shared->slot[k]);
}

static int start(struct crew *c, unsigned k)
{
    struct member *m = &c->member[k];
    pid_t parent = getpid();

    if (m->output < 0)
        m->output = memfd_create("ringtrue-worker", MFD_CLOEXEC);
    if (m->output < 0 || ftruncate(m->output, 0) ||
        lseek(m->output, 0, SEEK_SET) < 0)
        return -1;
    fflush(NULL); /* or the worker would print it once more */
    atomic_store(&c->shared->slot[k].phase, RIG_PHASE_REPORT);
    m->overdue = false;
    m->pid = fork();
    if (m->pid == 0)
        be_worker(c, k, parent);
    if (m->pid < 0) {
        m->pid = 0;
        return -1;
    }
    return 0;
}

static void complain(struct crew *c, const char *what)
{
    if (!*c->error)
        snprintf(c->error, 256, "%s", what);
    atomic_store(&c->shared->stop, 1);
}

static void start_next(struct crew *c, unsigned k)
{
    if (start(c, k))
        complain(c, "no process for a worker");
}

/* The subject took its process with it: the next worker writes that down and
 * goes on with the seed after. */
static void replace(struct crew *c, unsigned k, int status)
{
    struct rig_slot *slot = &c->shared->slot[k];
    char output[RIG_TAIL];

    rig_output_tail(c->member[k].output, output, sizeof(output));
    if (c->member[k].overdue)
        rig_finding_hung(&slot->finding);
    else
        rig_finding_crash(&slot->finding, status, output);
    slot->failed = true;
    start_next(c, k);
}

static void ended(struct crew *c, unsigned k, int status)
{
    struct rig_slot *slot = &c->shared->slot[k];

    c->member[k].pid = 0;
    if (slot->error[0])
        complain(c, slot->error);
    else if (atomic_load(&slot->phase) == RIG_PHASE_PLAY)
        replace(c, k, status);
    else if (atomic_load(&slot->phase) == RIG_PHASE_FAILED)
        start_next(c, k);
    else if (atomic_load(&slot->phase) != RIG_PHASE_OVER)
        complain(c, "a worker died while it wrote a failure down");
}

static void reap(struct crew *c)
{
    for (unsigned k = 0; k < c->search->jobs; k++) {
        int status;

        if (c->member[k].pid && waitpid(c->member[k].pid, &status, WNOHANG) > 0)
            ended(c, k, status);
    }
}

static void kill_overdue(struct crew *c)
{
    uint64_t now = rig_now_ms();

    for (unsigned k = 0; k < c->search->jobs; k++) {
        struct rig_slot *slot = &c->shared->slot[k];
        struct member *m = &c->member[k];

        if (!m->pid || atomic_load(&slot->phase) != RIG_PHASE_PLAY ||
            now < atomic_load(&slot->since_ms) + c->search->deadline_ms)
            continue;
        m->overdue = true;
        kill(m->pid, SIGKILL);
    }
}

/* ---- the whole ---- */

static bool is_running(const struct crew *c)
{
    for (unsigned k = 0; k < c->search->jobs; k++)
        if (c->member[k].pid)
            return true;
    return false;
}

static bool is_time_up(const struct crew *c)
{
    return c->search->minutes_ms &&
           rig_now_ms() - c->start_ms >= c->search->minutes_ms;
}

/* Until the next child ends or the next look is due. SIGCHLD is blocked
 * between two of these, so none is missed. */
static void pause_a_little(const sigset_t *wanted)
{
    const struct timespec t = {.tv_nsec = LOOK_NS};

    (void)sigtimedwait(wanted, NULL, &t);
}

static void watch(struct crew *c)
{
    sigset_t child, before;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    while (is_running(c)) {
        reap(c);
        kill_overdue(c);
        if (signalled || is_time_up(c))
            atomic_store(&c->shared->stop, 1);
        if (is_running(c))
            pause_a_little(&child);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void sum_up(struct crew *c, struct rig_search_end *end)
{
    uint64_t first, count = rig_search_count(c->search, &first);

    for (unsigned k = 0; k < c->search->jobs; k++)
        rig_tally_join(&end->tally, &c->shared->slot[k].total);
    end->complete = end->tally.seeds == count;
    end->ended_by = signalled;
}

static int make(struct crew *c)
{
    c->shared_bytes =
        sizeof(*c->shared) + c->search->jobs * sizeof(c->shared->slot[0]);
    c->shared = mmap(NULL, c->shared_bytes, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->shared == MAP_FAILED)
        return -1;
    for (unsigned k = 0; k < RIG_CREW_MAX; k++)
        c->member[k].output = -1;
    return 0;
}

static void unmake(struct crew *c)
{
    for (unsigned k = 0; k < RIG_CREW_MAX; k++)
        if (c->member[k].output >= 0)
            close(c->member[k].output);
    munmap(c->shared, c->shared_bytes);
}

static void catch_signals(struct sigaction before[2])
{
    struct sigaction action = {.sa_handler = on_signal};

    signalled = 0;
    sigaction(SIGINT, &action, &before[0]);
    sigaction(SIGTERM, &action, &before[1]);
}

static void restore_signals(const struct sigaction before[2])
{
    sigaction(SIGINT, &before[0], NULL);
    sigaction(SIGTERM, &before[1], NULL);
}

int rig_crew_run(const struct rig_search *search, struct rig_search_end *end)
{
    struct crew c = {
        .search = search, .start_ms = rig_now_ms(), .error = end->error};
    struct sigaction before[2];

    memset(end, 0, sizeof(*end));
    if (make(&c)) {
        snprintf(end->error, sizeof(end->error), "out of memory");
        return -1;
    }
    catch_signals(before);
    for (unsigned k = 0; k < search->jobs; k++)
        start_next(&c, k);
    watch(&c);
    sum_up(&c, end);
    restore_signals(before);
    unmake(&c);
    return *end->error ? -1 : 0;
}
