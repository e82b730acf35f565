/* SPDX-License-Identifier: MIT
 *
 * event.h: the one ordered event log of a simulated machine.
 *
 * Everything that happens between driver and device is one event: register
 * accesses, what the device found in a ring, what it wrote there, interrupts,
 * faults, the bench's own operations. The judge listens to the log and knows
 * nothing else, so a verdict can always be traced to events.
 *
 * Threads: any thread may emit. An event gets its number from one counter, so
 * the log is one total order that agrees with what the threads can know of
 * each other: what happened before has the lower number. Its listener hears
 * the events one by one in that order, on whichever thread comes to deliver
 * them: at once, or `batch` at a time where two threads emit by the million
 * and would otherwise fight for the listener's memory. fake_log_settle()
 * delivers the rest.
 *
 * Events are kept in a ring of `room` entries; the oldest are dropped (and
 * counted) when it is full, after the listener has heard them.
 */
#ifndef FAKEDEV_EVENT_H
#define FAKEDEV_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(enum name, name in traces, names of the four arguments; "" = unused).
 * Addresses are device addresses, never pointers: logs of equal runs are
 * equal. */
#define FAKE_EVENTS(X)                                                         \
    /* by the driver, as seen at its port */                                   \
    X(REG_READ, "reg-read", "offset", "width", "value", "")                    \
    X(REG_WRITE, "reg-write", "offset", "width", "value", "avail_idx")         \
    X(DMA_ALLOC, "dma-alloc", "addr", "bytes", "align", "")                    \
    X(DMA_FREE, "dma-free", "addr", "bytes", "known", "")                      \
    X(SHARE, "share", "addr", "bytes", "dir", "")                              \
    X(UNSHARE, "unshare", "addr", "bytes", "dir", "match")                     \
    X(LOG, "log", "length", "", "", "")                                        \
    X(IDLE, "idle", "avail_idx", "", "", "")                                   \
    X(LOAD_EARLY, "load-early", "addr", "bytes", "value", "newer")             \
    X(STORES_LATE, "stores-late", "addr", "bytes", "waiting", "overtaking")    \
    /* by the bench, around the subject's calls */                             \
    X(OPEN, "open", "device", "", "", "")                                      \
    X(OPENED, "opened", "result", "", "", "")                                  \
    X(SUBMIT, "submit", "token", "op", "sector", "bytes")                      \
    X(SUBMITTED, "submitted", "token", "result", "", "")                       \
    X(DONE, "done", "token", "result", "", "")                                 \
    X(IRQ_ENTER, "irq-enter", "status", "", "", "")                            \
    X(IRQ_LEAVE, "irq-leave", "status", "", "", "")                            \
    X(RECOVER, "recover", "", "", "", "")                                      \
    X(CLOSE, "close", "", "", "", "")                                          \
    X(CLOSED, "closed", "", "", "", "")                                        \
    /* by the device */                                                        \
    X(QUEUE_UP, "queue-up", "size", "desc", "driver", "device")                \
    X(QUEUE_INIT, "queue-init", "avail_flags", "used_flags", "used_idx",       \
      "dirty")                                                                 \
    X(QUEUE_DOWN, "queue-down", "", "", "", "")                                \
    X(ARMING, "arming", "avail_idx", "", "", "")                               \
    X(ARMED, "armed", "avail_idx", "event_idx", "always", "")                  \
    X(SUPPRESSING, "suppressing", "avail_idx", "", "", "")                     \
    X(SUPPRESSED, "suppressed", "avail_idx", "event_idx", "", "")              \
    X(AVAIL, "avail", "from", "to", "flags", "used_event")                     \
    X(DRIVER_EVENT, "driver-event", "flags", "off", "wrap", "")                \
    X(DESC, "desc", "index", "addr", "len", "")                                \
    X(CHAIN, "chain", "head", "count", "readable", "writable")                 \
    X(CHAIN_BAD, "chain-bad", "head", "reason", "index", "value")              \
    X(CHAIN_CHANGED, "chain-changed", "head", "index", "again", "")            \
    X(MEM_FAULT, "mem-fault", "addr", "bytes", "dir", "reason")                \
    X(OLD_MODE, "old-mode", "writeback", "", "", "")                           \
    X(REQUEST, "request", "type", "sector", "out_bytes", "in_bytes")           \
    X(RANGE, "range", "type", "sector", "sectors", "flags")                    \
    X(FAILED, "failed", "type", "status", "segments", "")                      \
    X(POWER_CUT, "power-cut", "survival", "", "", "")                          \
    X(SND_QUERY, "snd-query", "code", "start", "count", "size")                \
    X(SND_CONTROL, "snd-control", "code", "id", "status", "bytes")             \
    X(SND_PARAMS, "snd-params", "stream", "bytes", "features", "chosen")       \
    X(SND_XFER, "snd-xfer", "stream", "out_bytes", "in_bytes", "head")         \
    X(SND_XFER_DONE, "snd-xfer-done", "stream", "status", "latency", "head")   \
    X(SND_NOTIFY, "snd-notify", "code", "data", "", "")                        \
    X(SND_NOTIFY_LOST, "snd-notify-lost", "code", "data", "", "")              \
    X(USED, "used", "id", "len", "idx", "buffers")                             \
    X(IRQ, "irq", "bits", "", "", "")                                          \
    X(RESET, "reset", "", "", "", "")                                          \
    X(STATUS, "status", "value", "", "", "")                                   \
    X(CONFIG, "config", "generation", "sectors", "", "")                       \
    X(FAULT, "fault", "fault", "nth", "arg", "")                               \
    X(PRESENT, "present", "there", "", "", "")                                 \
    /* by whoever has not got the memory (ledger.h) */                         \
    X(TRESPASS, "trespass", "addr", "bytes", "how", "since")

enum fake_event_kind {
#define FAKE_EVENT_ENUM(name, text, a, b, c, d) FAKE_EV_##name,
    FAKE_EVENTS(FAKE_EVENT_ENUM)
#undef FAKE_EVENT_ENUM
        FAKE_EV_COUNT
};

/* A packed ring has no idx: where one is meant, it is the number of slots gone
 * by since the ring was set up, so that slot n % size, with the wrap counter
 * !(n / size & 1), is the next one. CHAIN's head is the buffer ID there, DESC's
 * index the slot. QUEUE_INIT: the flags of the two event suppression
 * structures; dirty counts the slots that are not zero. */

/* Packing of DESC's last argument (three members in traces): flags | next << 16
 * | table << 32, where table is 1 for an entry of an indirect table. In a
 * packed ring next is the id. */
#define FAKE_DESC_FLAGS(arg) ((uint16_t)(arg))
#define FAKE_DESC_NEXT(arg) ((uint16_t)((arg) >> 16))
#define FAKE_DESC_IN_TABLE(arg) (((arg) >> 32) & 1)

/* PRESENT: there is 0 when the device is pulled out, 1 when there is one
 * again, as fresh from power-up. Register accesses in between are made, but
 * nobody answers them. */

/* Of a weak CPU (weak.h). LOAD_EARLY: a load of at most 8 bytes got value while
 * newer stood there already. STORES_LATE: while the device moves next, so many
 * stores wait; the first of them is the one at addr, and so many stores later
 * than that are visible. */

/* OLD_MODE: the REQUEST that follows lay in the ring while the cache mode was
 * changed to what it is now. RANGE comes after the REQUEST it is a segment of,
 * as the driver wrote it. FAILED: a request to a disk ended with this status,
 * which is not OK; segments of those that carry any, else 0. */

/* SND_QUERY and SND_PARAMS come before the SND_CONTROL of the same request and
 * carry what the driver wrote, valid or not; a SET_PARAMS that is cut short has
 * no SND_PARAMS. In SND_PARAMS bytes is buffer_bytes | period_bytes << 32, and
 * chosen is channels | format << 8 | rate << 16 | padding << 24. SND_CONTROL:
 * bytes is the length of the writable part, id the jack or stream (a query: its
 * start). SND_XFER: out_bytes is the readable part without the header of 4
 * bytes, in_bytes the writable part without the status of 8. */

/* CHAIN_BAD reasons. */
#define FAKE_CHAIN_BAD(X)                                                      \
    X(HEAD_RANGE, "head index is not below the queue size")                    \
    X(NEXT_RANGE, "next index is not below the table size")                    \
    X(TOO_LONG, "more descriptors than the queue size")                        \
    X(TABLE_LEN, "indirect table length is no multiple of 16, or 0")           \
    X(TABLE_NESTED, "indirect descriptor inside an indirect table")            \
    X(TABLE_AND_NEXT, "INDIRECT and NEXT in one descriptor")                   \
    X(NOT_NEGOTIATED, "INDIRECT without VIRTIO_F_INDIRECT_DESC")               \
    X(ORDER, "device-readable descriptor after a device-writable one")         \
    X(MEMORY, "memory that is not shared with the device")                     \
    X(IDX_JUMP, "avail idx moved by more than the queue size")                 \
    X(LENT_TWICE, "head is already with the device")                           \
    /* of a packed ring only */                                                \
    X(NO_ROOM, "list runs into slots that are with the device")                \
    X(NOT_AVAILABLE, "a descriptor of the list is not made available")         \
    X(TABLE_IN_LIST, "indirect descriptor in a list of others")                \
    X(ID_LENT, "buffer ID is already with the device")

enum fake_chain_bad {
#define FAKE_CHAIN_BAD_ENUM(name, text) FAKE_CHAIN_BAD_##name,
    FAKE_CHAIN_BAD(FAKE_CHAIN_BAD_ENUM)
#undef FAKE_CHAIN_BAD_ENUM
        FAKE_CHAIN_BAD_COUNT
};

/* ARMING: used flags or avail_event are about to ask for a kick again, so that
 * one may come, but none is due before ARMED (or not, if SUPPRESSED follows).
 * ARMED: a kick is due for each new entry if always is 1, else once the entry
 * at event_idx is there.
 * SUPPRESSING: they are about to take that back, so that none is due any more,
 * but one may still come until SUPPRESSED.
 * USED's idx is the used idx published with the entry, which gives so many
 * buffers back (more than one: IN_ORDER). Of CHAIN_BAD, index is the descriptor
 * (or table entry) it was found at and value what was wrong:
 *
 *   HEAD_RANGE, LENT_TWICE  index: avail idx of the entry; value: the head
 *                           (packed: index is the slot, value its flags)
 *   IDX_JUMP                index: avail idx up to which entries were
 *                           taken; value: avail idx found
 *   NEXT_RANGE              value: next
 *   NO_ROOM                 value: 1 if that slot was made available as well,
 *                           0 if the list is still unfinished
 *   ID_LENT                 value: the ID
 *   TOO_LONG                value: the queue size
 *   TABLE_LEN               value: len
 *   MEMORY                  value: addr
 *   others                  value: flags
 *
 * CHAIN_CHANGED: again is 1 if a slot of a packed ring was made available once
 * more. TABLE_AND_NEXT (split), NOT_NEGOTIATED, ORDER and ID_LENT are served
 * all the same. */

/* TRESPASS: since is the number of the event that lent the memory, or of a
 * device's that which gave it back. X(name, by the driver, exact, text): exact
 * if the event is the access, else it is where the access was found. */
#define FAKE_TRESPASSES(X)                                                     \
    X(CHANGED_READABLE, 1, 0, "driver changed what the device reads")          \
    X(CHANGED_WRITABLE, 1, 0, "driver changed what the device writes")         \
    X(WROTE_READABLE, 1, 1, "driver wrote what the device reads")              \
    X(WROTE_WRITABLE, 1, 1, "driver wrote what the device writes")             \
    X(READ_WRITABLE, 1, 1, "driver read what the device writes")               \
    X(DEVICE_WROTE_READABLE, 0, 1, "device wrote what it may only read")       \
    X(DEVICE_WROTE_GIVEN, 0, 1, "device wrote what it had given back")         \
    X(DEVICE_WAS_STOPPED, 0, 1,                                                \
      "device was kept from writing what it had given back")

enum fake_trespass {
#define FAKE_TRESPASS_ENUM(name, driver, exact, text) FAKE_TRESPASS_##name,
    FAKE_TRESPASSES(FAKE_TRESPASS_ENUM)
#undef FAKE_TRESPASS_ENUM
        FAKE_TRESPASS_COUNT
};

#define FAKE_NO_QUEUE UINT16_MAX

struct fake_event {
    uint64_t t_ns;  /* the machine's clock: virtual or real */
    uint16_t kind;  /* enum fake_event_kind */
    uint16_t queue; /* or FAKE_NO_QUEUE */
    uint32_t reserved;
    uint64_t arg[4];
};

/* One cache line. */
struct fake_slot {
    atomic_uint_least64_t done; /* number + 1 of the event once it is whole */
    struct fake_event event;
};

/* Lines that different threads write are kept apart. */
struct fake_log {
    bool on; /* off: nothing is recorded or judged; set before the start */
    bool one_thread; /* nobody else emits: no locked instructions; likewise */
    uint32_t
        batch; /* events between two deliveries, a power of two; likewise */
    struct fake_slot *ring;
    size_t slots; /* of ring: a power of two */
    size_t room;  /* events kept: slots, or 0 if only the listener counts */
    void (*listen)(void *ctx, uint64_t number, const struct fake_event *);
    void *ctx;
    _Alignas(64) atomic_uint_least64_t t_ns; /* stamped on events */
    _Alignas(64) atomic_uint_least64_t next; /* number of the next event */
    _Alignas(64) atomic_uint_least64_t free_below; /* their slots are free */
    _Alignas(64) atomic_flag delivering;
    uint64_t count; /* events delivered; to be read when nobody emits */
};

/* room: events kept (64 bytes each), rounded up to a power of two; 0: keep
 * nothing, listen only. Returns 0, or -1 without memory. */
int fake_log_init(struct fake_log *log, size_t room);
void fake_log_free(struct fake_log *log);

/* Delivers all that was emitted. Before the listener's results, count or kept
 * events are read; nobody may emit meanwhile. */
void fake_log_settle(struct fake_log *log);

/* Events that belong together, with nothing between them: claims count
 * numbers, at most as many as the log has slots; each is then put, once, and
 * fake_log_end() closes. Returns the first number. Only if log->on. */
uint64_t fake_log_begin(struct fake_log *log, unsigned count);
void fake_log_put(struct fake_log *log, uint64_t number,
                  enum fake_event_kind kind, uint16_t queue, uint64_t a,
                  uint64_t b, uint64_t c, uint64_t d);
void fake_log_end(struct fake_log *log, uint64_t first, unsigned count);

/* Delivers what is there, unless another thread is at it. For a thread that
 * has nothing better to do. */
void fake_log_deliver(struct fake_log *log);

/* One event; only if log->on. Use the inline fake_emit(). Returns its number.
 */
uint64_t fake_log_one(struct fake_log *log, enum fake_event_kind kind,
                      uint16_t queue, uint64_t a, uint64_t b, uint64_t c,
                      uint64_t d);

/* The same from a signal handler: takes no lock and delivers nothing. Returns
 * false if that cannot be, because the log is off or full. */
bool fake_log_try(struct fake_log *log, enum fake_event_kind kind,
                  uint16_t queue, uint64_t a, uint64_t b, uint64_t c,
                  uint64_t d);

static inline void fake_emit(struct fake_log *log, enum fake_event_kind kind,
                             uint16_t queue, uint64_t a, uint64_t b, uint64_t c,
                             uint64_t d)
{
    if (log->on)
        fake_log_one(log, kind, queue, a, b, c, d);
}

static inline void fake_log_set_time(struct fake_log *log, uint64_t t_ns)
{
    atomic_store_explicit(&log->t_ns, t_ns, memory_order_relaxed);
}

/* The event with that number, or NULL if it was dropped or never happened.
 * Only while nobody emits. */
const struct fake_event *fake_log_get(const struct fake_log *log,
                                      uint64_t number);

/* Number of the oldest event still kept. */
uint64_t fake_log_first(const struct fake_log *log);

const char *fake_event_name(enum fake_event_kind kind);

/* Name of argument 0..3 of a kind; "" if unused. */
const char *fake_event_arg_name(enum fake_event_kind kind, unsigned arg);

const char *fake_chain_bad_text(enum fake_chain_bad reason);

const char *fake_trespass_text(enum fake_trespass how);
bool fake_trespass_by_driver(enum fake_trespass how);
bool fake_trespass_is_exact(enum fake_trespass how);

/* One event as one JSON object without newline, at most 256 bytes with the
 * final NUL. Returns its length. */
size_t fake_event_format(const struct fake_event *e, uint64_t number, char *out,
                         size_t room);

#endif
