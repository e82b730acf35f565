/* SPDX-License-Identifier: MIT
 *
 * sched.h: two ways to run the same device.
 *
 *   threads  the device on a thread of its own with a libuv loop; doorbells
 *            by uv_async; real time. After work the device looks on for
 *            poll_ns, with kicks suppressed, before it sleeps.
 *   step     everything on the driver's thread in virtual time. Whenever the
 *            driver calls its port, a seeded choice says whether the device
 *            moves first: the run is a function of case and seed.
 */
#ifndef FAKEDEV_SCHED_H
#define FAKEDEV_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "fakedev/device.h"
#include "fakedev/weak.h"

enum fake_sched_kind { FAKE_SCHED_STEP, FAKE_SCHED_THREADS };

struct fake_sched;

struct fake_sched_ops {
    void (*stop)(struct fake_sched *s);
    /* The device half carries out c before this returns. */
    void (*control)(struct fake_sched *s, const struct fake_control *c);
    /* The driver has written QueueNotify. */
    void (*doorbell)(struct fake_sched *s, uint16_t queue);
    /* The driver is inside a port call: time passes. */
    void (*tick)(struct fake_sched *s);
    /* The driver is between two accesses to memory. NULL: nobody asks. */
    void (*pause)(struct fake_sched *s);
    /* Until the line is asserted (1) or deadline_ns (0). */
    int (*wait)(struct fake_sched *s, uint64_t deadline_ns);
    uint64_t (*now)(struct fake_sched *s);
    /* The device half has changed the interrupt line. */
    void (*line_changed)(struct fake_sched *s);
};

struct fake_sched {
    const struct fake_sched_ops *ops;
    struct fake_device *dev;
    struct fake_log *log;
    /* threads: how long the driver's side waits for the device's thread to
     * take a control message, or to end. A thread that has not by then sits in
     * a call of the system's that does not come back (a disk image on a server
     * that is gone): the process aborts, with a line on stderr, for nobody
     * could go on or free anything. */
    uint64_t patience_ns;
    struct fake_weak *weak; /* step: told of each move; or NULL */
    void *impl;
};

/* Returns 0, or -1 when no thread or memory is to be had. */
int fake_sched_step_start(struct fake_sched *s, struct fake_device *dev,
                          struct fake_log *log, uint64_t seed);
int fake_sched_threads_start(struct fake_sched *s, struct fake_device *dev,
                             struct fake_log *log, uint64_t poll_ns);

#endif
