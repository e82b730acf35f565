/* SPDX-License-Identifier: MIT
 *
 * fault.h: what a device can do to a driver, by names a driver author knows.
 *
 * A fault is a property of the device, never a hook in the driver. A plan is
 * a list of {fault, nth, count, arg}; each entry counts its own occasions and
 * fires from the nth (1 = the first) for `count` occasions (0 = for ever).
 * `illegal` faults break the specification: a driver need not go on working,
 * but has to stay safe. The others are legal, if unusual: a driver has to
 * work through them.
 *
 * Threads: occasions of one fault happen on one thread only (marked [regs]
 * for the driver's thread, inside a register access; [device] for the
 * device's).
 */
#ifndef FAKEDEV_FAULT_H
#define FAKEDEV_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fakedev/event.h"

/* X(enum, name, illegal, occasion and meaning, meaning of arg) */
#define FAKE_FAULTS(X)                                                         \
    /* [regs] */                                                               \
    X(WRONG_MAGIC, "wrong-magic", 1, "MagicValue reads arg", "value")          \
    X(WRONG_VERSION, "wrong-version", 1, "Version reads arg", "value")         \
    X(DEVICE_ID, "device-id", 0, "DeviceID reads arg", "value")                \
    X(FEATURES_REFUSED, "features-refused", 0,                                 \
      "FEATURES_OK does not stay set", "")                                     \
    X(RESET_SLOW, "reset-slow", 0,                                             \
      "after a reset, Status reads the old value arg times", "reads")          \
    X(RESET_NEVER, "reset-never", 1, "Status never reads 0 after a reset", "") \
    X(QUEUE_ABSENT, "queue-absent", 0, "QueueNumMax reads 0", "")              \
    X(QUEUE_RESET_SLOW, "queue-reset-slow", 0,                                 \
      "after a queue reset, QueueReset reads 1 arg times", "reads")            \
    X(QUEUE_RESET_NEVER, "queue-reset-never", 1,                               \
      "QueueReset never reads 0 after a queue reset", "")                      \
    X(CONFIG_CHANGE, "config-change", 0,                                       \
      "after the nth config read the capacity becomes arg and the generation"  \
      " moves",                                                                \
      "sectors")                                                               \
    X(IRQ_UNKNOWN_BITS, "irq-unknown-bits", 1,                                 \
      "InterruptStatus shows the bits arg as well", "bits")                    \
    /* [device] */                                                             \
    X(IRQ_SPURIOUS, "irq-spurious", 0,                                         \
      "an interrupt without a new used entry, before a completion", "")        \
    X(IRQ_LOST, "irq-lost", 1, "a due interrupt is not raised", "")            \
    X(KICK_SUPPRESSED, "kick-suppressed", 0,                                   \
      "from the first time on the device polls and wants no kicks", "")        \
    X(EVENT_GARBAGE, "event-garbage", 0,                                       \
      "the suppression field that does not apply holds garbage: avail_event"   \
      " without EVENT_IDX, used flags bit 0 with it; packed: desc while flags" \
      " are ENABLE or DISABLE",                                                \
      "")                                                                      \
    X(NEEDS_RESET, "needs-reset", 0,                                           \
      "instead of serving a request the device sets DEVICE_NEEDS_RESET", "")   \
    X(USED_ID_RANGE, "used-id-out-of-range", 1, "used id is queue size + arg", \
      "excess")                                                                \
    X(USED_ID_UNLENT, "used-id-never-lent", 1,                                 \
      "used id is a descriptor that is no head lent now", "")                  \
    X(USED_TWICE, "used-twice", 1, "a completion is given twice", "")          \
    X(USED_IDX_JUMP, "used-idx-jump", 1,                                       \
      "split: used idx moves on by queue size + arg", "excess")                \
    X(USED_WRAP, "used-wrap-wrong", 1,                                         \
      "packed: a used descriptor with the wrap counter of the other lap", "")  \
    X(USED_LEN_OVER, "used-len-over", 1,                                       \
      "used len exceeds the writable bytes by arg", "bytes")                   \
    X(USED_LEN_SHORT, "used-len-short", 0,                                     \
      "used len is arg while more was written", "bytes")                       \
    X(BLK_IO_ERROR, "blk-io-error", 0, "status VIRTIO_BLK_S_IOERR", "")        \
    X(BLK_UNSUPPORTED, "blk-unsupported", 0, "status VIRTIO_BLK_S_UNSUPP", "") \
    X(BLK_GARBAGE_STATUS, "blk-garbage-status", 1, "status byte is arg",       \
      "value")                                                                 \
    X(BLK_STUCK, "blk-stuck", 1, "the request is never completed", "")         \
    X(POWER_CUT, "power-cut", 0,                                               \
      "instead of serving a request the disk loses power, and then needs a"    \
      " reset; what is volatile survives by seed (arg 0), not (1), or all "    \
      "(2)",                                                                   \
      "survival")                                                              \
    X(SND_IO_ERROR, "snd-io-error", 0,                                         \
      "a message on tx or rx ends with VIRTIO_SND_S_IO_ERR", "")               \
    X(SND_BAD_MSG, "snd-bad-message", 0,                                       \
      "a control request is answered VIRTIO_SND_S_BAD_MSG", "")                \
    X(SND_NOT_SUPP, "snd-not-supported", 0,                                    \
      "a control request is answered VIRTIO_SND_S_NOT_SUPP", "")               \
    X(SND_GARBAGE_STATUS, "snd-garbage-status", 1,                             \
      "a control request is answered with the code arg", "value")              \
    X(SND_STUCK, "snd-control-stuck", 1,                                       \
      "a control request is never answered", "")                               \
    X(SND_LATENCY, "snd-latency-nonsense", 1,                                  \
      "latency_bytes of a message is arg", "bytes")

enum fake_fault {
#define FAKE_FAULT_ENUM(name, text, illegal, what, arg) FAKE_FAULT_##name,
    FAKE_FAULTS(FAKE_FAULT_ENUM)
#undef FAKE_FAULT_ENUM
        FAKE_FAULT_COUNT
};

struct fake_fault_entry {
    enum fake_fault fault;
    uint64_t nth;   /* first occasion that fires, from 1 */
    uint64_t count; /* occasions that fire; 0: all from nth on */
    uint64_t arg;
    atomic_bool waits;         /* does not count before fake_fault_begin() */
    uint64_t seen;             /* occasions so far */
    atomic_uint_least64_t hit; /* times fired */
};

#define FAKE_FAULT_PLAN_MAX 16

struct fake_fault_plan {
    struct fake_fault_entry entry[FAKE_FAULT_PLAN_MAX];
    unsigned count;
    uint64_t mask; /* 1 << fault for each in the plan: the fast way out */
};

/* Index by name, or -1. */
int fake_fault_find(const char *name);
const char *fake_fault_name(enum fake_fault fault);
const char *fake_fault_meaning(enum fake_fault fault);
const char *fake_fault_arg_meaning(enum fake_fault fault);
bool fake_fault_illegal(enum fake_fault fault);

/* Returns 0, or -1 when the plan is full. */
int fake_fault_add(struct fake_fault_plan *plan, enum fake_fault fault,
                   uint64_t nth, uint64_t count, uint64_t arg);

/* The newest entry waits for fake_fault_begin(): a fault that is to hit what a
 * driver does after it was opened, however it opens. Before the start. */
void fake_fault_wait(struct fake_fault_plan *plan);

/* Entries that wait count from here on. Any thread. */
void fake_fault_begin(struct fake_fault_plan *plan);

/* An occasion for `fault`: true if it fires now; *arg then is its argument.
 * Emits one FAULT event per firing. */
bool fake_fault_fires(struct fake_fault_plan *plan, enum fake_fault fault,
                      struct fake_log *log, uint16_t queue, uint64_t *arg);

/* An entry of the plan that never fired, or NULL. */
const struct fake_fault_entry *
fake_fault_unfired(const struct fake_fault_plan *plan);

#endif
