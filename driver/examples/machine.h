/* SPDX-License-Identifier: MIT
 *
 * machine.h: what the examples run on: a simulated machine with one
 * virtio-blk disk of MACHINE_SECTORS, and the two ports to it that an author
 * of an operating system writes once: struct rgt_hal and struct rgt_mmio_bus.
 *
 * Any thread may call anything but start and stop.
 */
#ifndef EXAMPLE_MACHINE_H
#define EXAMPLE_MACHINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "ringtrue/hal.h"
#include "ringtrue/mmio.h"

#define MACHINE_SECTORS 1024u
#define MACHINE_QUEUES 2u

struct fake_machine;

struct machine {
    struct rgt_hal hal; /* first: cast back from here */
    struct rgt_mmio_bus bus;
    struct rgt_mmio mmio; /* its transport is what rgt_blk_init() takes */
    struct fake_machine *fake;
    pthread_mutex_t lock; /* a bus serves one access at a time */
};

/* With threads the disk lives on a thread of its own, in real time; else it
 * moves, and virtual time passes, only while one of the ports is called.
 * Says on stderr why it cannot. */
bool machine_start(struct machine *m, bool threads);
void machine_stop(struct machine *m);

/* Sleeps until the interrupt line of the disk is asserted (true) or the time
 * has come (false). One thread at a time. */
bool machine_wait(struct machine *m, uint64_t deadline_ns);

uint64_t machine_now_ns(struct machine *m);

#endif
