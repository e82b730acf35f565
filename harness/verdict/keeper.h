/* SPDX-License-Identifier: MIT
 *
 * keeper.h: one small process that outlives this one by a moment. If this one
 * is killed, its children die with it; but what a subject has started in one of
 * them would live on. The keeper knows the process groups, sees the end of this
 * process as the end of a pipe, kills the groups and is gone. What has left its
 * group it cannot find.
 */
#ifndef RIG_KEEPER_H
#define RIG_KEEPER_H

#include <stdatomic.h>
#include <sys/types.h>

struct rig_keeper {
    pid_t pid;          /* 0: there is none */
    int alive;          /* closed when this process ends */
    atomic_int *groups; /* shared with the keeper and the children; 0: none */
    unsigned count;
};

/* For so many children at a time. Without memory or processes there is no
 * keeper, and nothing else changes. */
void rig_keeper_start(struct rig_keeper *keeper, unsigned count);
void rig_keeper_end(struct rig_keeper *keeper);

/* In a new child, which leads its group: from here on it is known. */
void rig_keeper_enter(struct rig_keeper *keeper, unsigned slot);

/* In the parent, before a child is reaped and its number may be another's. */
void rig_keeper_forget(struct rig_keeper *keeper, unsigned slot);

#endif
