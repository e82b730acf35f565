/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* Closed one by one where there is no better way. */
#define DESCRIPTORS 1024

/* --- in the keeper ------------------------------------------------- */

/* Ctrl-C is for the others: who ends in good order needs no keeper. */
static void stand_apart(void)
{
    setpgid(0, 0);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
#ifdef __linux__
    prctl(PR_SET_NAME, "ringtrue-keeper");
#endif
}

/* Whoever reads what this process prints must not wait for the keeper. What
 * is to stay becomes descriptor 0. */
static void close_all_but(int fd)
{
    dup2(fd, 0);
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 1u, ~0u, 0u) == 0)
        return;
#endif
    for (int k = 1; k < DESCRIPTORS; k++)
        close(k);
}

_Noreturn static void keep(const struct rig_keeper *keeper, int alive)
{
    ssize_t n;
    char byte;

    stand_apart();
    close_all_but(alive);
    do /* nobody writes: this ends with the last process that could */
        n = read(0, &byte, 1);
    while (n > 0 || (n < 0 && errno == EINTR));
    for (unsigned k = 0; k < keeper->count; k++) {
        /* relaxed: the groups were entered by processes that are dead. */
        int group =
            atomic_load_explicit(&keeper->groups[k], memory_order_relaxed);

        if (group > 1)
            kill(-group, SIGKILL);
    }
    _exit(0);
}

/* --- in the parent ------------------------------------------------- */

static int share(struct rig_keeper *keeper)
{
    void *memory =
        mmap(NULL, keeper->count * sizeof(*keeper->groups),
             PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return -1;
    keeper->groups = memory;
    return 0;
}

void rig_keeper_start(struct rig_keeper *keeper, unsigned count)
{
    int ends[2];

    memset(keeper, 0, sizeof(*keeper));
    keeper->count = count;
    if (share(keeper))
        return;
    if (pipe(ends)) {
        rig_keeper_end(keeper);
        return;
    }
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    keeper->pid = fork();
    if (keeper->pid == 0)
        keep(keeper, ends[0]);
    close(ends[0]);
    keeper->alive = ends[1];
    if (keeper->pid < 0) {
        close(ends[1]);
        keeper->pid = 0;
        rig_keeper_end(keeper);
    }
}

void rig_keeper_end(struct rig_keeper *keeper)
{
    if (keeper->pid) {
        kill(keeper->pid, SIGKILL);
        while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        close(keeper->alive);
    }
    if (keeper->groups)
        munmap(keeper->groups, keeper->count * sizeof(*keeper->groups));
    memset(keeper, 0, sizeof(*keeper));
}

void rig_keeper_forget(struct rig_keeper *keeper, unsigned slot)
{
    if (keeper->pid)
        atomic_store_explicit(&keeper->groups[slot], 0, memory_order_relaxed);
}

/* --- in a child ---------------------------------------------------- */

void rig_keeper_enter(struct rig_keeper *keeper, unsigned slot)
{
    if (!keeper->pid)
        return;
    close(keeper->alive);
    atomic_store_explicit(&keeper->groups[slot], (int)getpid(),
                          memory_order_relaxed);
}
