/* SPDX-License-Identifier: MIT
 *
 * isolate.c: see isolate.h.
 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIG_SANITIZED 1
#else
#define RIG_SANITIZED 0
#endif

static void conclude(struct rig_finding *f, enum rig_verdict verdict,
                     const char *expected)
{
    memset(f, 0, sizeof(*f));
    f->verdict = verdict;
    f->event = UINT64_MAX;
    snprintf(f->law, sizeof(f->law), "%s", rig_verdict_name(verdict));
    snprintf(f->expected, sizeof(f->expected), "%s", expected);
}

/* The line of a sanitizer that says it all, or "". */
static const char *sanitizer_line(const char *output)
{
    const char *found = strstr(output, "SUMMARY: ");

    if (!found)
        found = strstr(output, "runtime error: ");
    return found ? found : "";
}

void rig_finding_crash(struct rig_finding *f, int status, const char *output)
{
    const char *line = sanitizer_line(output);

    conclude(f, RIG_CRASH, "a process that lives on");
    if (*line)
        snprintf(f->seen, sizeof(f->seen), "%.*s", (int)strcspn(line, "\n"),
                 line);
    else if (WIFSIGNALED(status))
        snprintf(f->seen, sizeof(f->seen), "it died by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(f->seen, sizeof(f->seen), "it exited with status %d",
                 WEXITSTATUS(status));
}

void rig_finding_hung(struct rig_finding *f)
{
    conclude(f, RIG_HUNG, "an end of the run");
    snprintf(f->seen, sizeof(f->seen), "none within its deadline");
}

/* ---- the process ---- */

struct shared {
    bool whole; /* the finding is */
    struct rig_finding finding;
};

/* ---- last words ---- */

/* Of the one trial that this process plays. A handler of signals has no other
 * way to know of it. */
static struct {
    struct fake_log *log;
    FILE *events;
} dying;

/* The process is lost either way: what the subject has left of the heap may
 * still do for the log. If not, the deadline ends it. */
static void write_log(int number)
{
    if (dying.log && dying.events) {
        dying.log->listen = NULL;
        fake_log_settle(dying.log);
        rig_print_events(dying.log, dying.events);
        fflush(dying.events);
    }
    signal(number, SIG_DFL);
    raise(number);
}

/* Not under a sanitizer, which has a report of its own to write. */
static void write_log_on_crash(FILE *events)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char stack[65536]; /* the subject may have used up its own */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = write_log,
                               .sa_flags =
                                   SA_ONSTACK | (int)SA_RESETHAND | SA_NODEFER};

    dying.events = events;
    if (RIG_SANITIZED || sigaltstack(&other, NULL))
        return;
    for (unsigned k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
        sigaction(numbers[k], &action, NULL);
}

_Noreturn static void be_child(const struct rig_stage *stage,
                               const struct rig_trial *trial,
                               struct shared *shared, pid_t parent, int output)
{
    struct rig_stage seen = *stage;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    setvbuf(stdout, NULL, _IONBF, 0);
    write_log_on_crash(stage->events);
    seen.live = &dying.log;
    rig_play(&seen, trial, &shared->finding);
    if (stage->events)
        fflush(stage->events);
    shared->whole = true;
    _exit(0);
}

/* The write end lives in the child only: it is closed when the child ends.
 * Returns false if that is not before the deadline. */
static bool wait_for_end(int fd, uint64_t deadline_ms)
{
    uint64_t until = rig_now_ms() + deadline_ms;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        uint64_t now = rig_now_ms();
        int n = now < until ? poll(&p, 1, (int)(until - now)) : 0;

        if (n > 0)
            return true;
        if (n == 0 || errno != EINTR)
            return false;
    }
}

void rig_output_tail(int fd, char *to, size_t room)
{
    off_t end = lseek(fd, 0, SEEK_END);
    off_t most = (off_t)room - 1, from = end > most ? end - most : 0;
    ssize_t n = end > 0 ? pread(fd, to, room - 1, from) : 0;

    to[n > 0 ? n : 0] = '\0';
}

static void watch(pid_t pid, int fd, uint64_t deadline_ms, int output,
                  struct shared *shared, struct rig_finding *finding)
{
    char tail[RIG_TAIL];
    bool in_time = wait_for_end(fd, deadline_ms);
    int status = 0;

    if (!in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    rig_output_tail(output, tail, sizeof(tail));
    if (!in_time)
        rig_finding_hung(finding);
    else if (!shared->whole)
        rig_finding_crash(finding, status, tail);
    else
        *finding = shared->finding;
}

static void no_process(struct rig_finding *f)
{
    conclude(f, RIG_ERROR, "a process for the run");
    snprintf(f->seen, sizeof(f->seen), "%s", strerror(errno));
}

/* How far it was written when the process was killed is a matter of real
 * time. */
static void empty(FILE *events)
{
    if (ftruncate(fileno(events), 0) == 0)
        rewind(events);
}

static void play_in_child(const struct rig_stage *stage,
                          const struct rig_trial *trial, uint64_t deadline_ms,
                          int output, struct shared *shared,
                          struct rig_finding *finding)
{
    pid_t parent = getpid(), pid;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC)) {
        no_process(finding);
        return;
    }
    fflush(NULL); /* or the child would print it once more */
    pid = fork();
    if (pid == 0)
        be_child(stage, trial, shared, parent, output);
    close(ends[1]);
    if (pid < 0)
        no_process(finding);
    else
        watch(pid, ends[0], deadline_ms, output, shared, finding);
    close(ends[0]);
    if (finding->verdict == RIG_HUNG && stage->events)
        empty(stage->events);
}

void rig_play_isolated(const struct rig_stage *stage,
                       const struct rig_trial *trial, uint64_t deadline_ms,
                       struct rig_finding *finding)
{
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int output = memfd_create("ringtrue-output", MFD_CLOEXEC);

    if (shared == MAP_FAILED || output < 0)
        no_process(finding);
    else
        play_in_child(stage, trial, deadline_ms, output, shared, finding);
    if (output >= 0)
        close(output);
    if (shared != MAP_FAILED)
        munmap(shared, sizeof(*shared));
}
