/* SPDX-License-Identifier: MIT
 *
 * judge_internal.h: what the judge's checks share: the table's form, and the
 * view, which is all that the events seen so far say about the driver.
 *
 * A check is called with the view as it was before its event; afterwards the
 * event is added to the view.
 */
#ifndef FAKEDEV_JUDGE_INTERNAL_H
#define FAKEDEV_JUDGE_INTERNAL_H

#include "fakedev/arena.h"
#include "fakedev/device.h"
#include "fakedev/judge.h"
#include "ringtrue/err.h"
#include "ringtrue/wire.h"

#define ON(kind) (UINT64_C(1) << FAKE_EV_##kind)

struct judge_entry {
    const char *clause;
    uint64_t kinds; /* ON(...) of the events it looks at */
    void (*check)(struct fake_judge *j, const struct fake_event *e);
};

extern const struct judge_entry judge_init_entries[];
extern const size_t judge_init_count;
extern const struct judge_entry judge_config_entries[];
extern const size_t judge_config_count;
extern const struct judge_entry judge_mmio_entries[];
extern const size_t judge_mmio_count;
extern const struct judge_entry judge_ring_entries[];
extern const size_t judge_ring_count;
extern const struct judge_entry judge_split_entries[];
extern const size_t judge_split_count;
extern const struct judge_entry judge_split_order_entries[];
extern const size_t judge_split_order_count;
extern const struct judge_entry judge_packed_entries[];
extern const size_t judge_packed_count;
extern const struct judge_entry judge_queue_entries[];
extern const size_t judge_queue_count;
extern const struct judge_entry judge_notify_split_entries[];
extern const size_t judge_notify_split_count;
extern const struct judge_entry judge_notify_packed_entries[];
extern const size_t judge_notify_packed_count;
extern const struct judge_entry judge_notify_data_entries[];
extern const size_t judge_notify_data_count;
extern const struct judge_entry judge_memory_entries[];
extern const size_t judge_memory_count;
extern const struct judge_entry judge_lent_split_entries[];
extern const size_t judge_lent_split_count;
extern const struct judge_entry judge_lent_packed_entries[];
extern const size_t judge_lent_packed_count;
extern const struct judge_entry judge_snd_entries[];
extern const size_t judge_snd_count;
extern const struct judge_entry judge_blk_entries[];
extern const size_t judge_blk_count;

/* A chain the device holds, by head index or buffer ID. */
struct view_chain {
    uint64_t serial; /* of the chain; 0: not with the device */
    uint64_t lent;   /* number of the event */
    uint64_t writable;
    bool asked_for; /* by the bench; or the driver's own, to come up */
};

/* What the bench asks for, by how it travels; on each way used elements and
 * requests reported done are counted apart. */
enum view_way {
    VIEW_BLK,
    VIEW_SND_COMMAND, /* over controlq */
    VIEW_SND_QUERY,   /* the same; a driver may know the answer already */
    VIEW_SND_TX,
    VIEW_SND_RX,
    VIEW_NO_REQUEST, /* done by the driver without one */
    VIEW_WAYS,       /* their number */
};

struct view_count {
    uint64_t used;    /* elements that the device gave back */
    uint64_t whole;   /* ... with a status within used len */
    uint64_t done_ok; /* requests reported done with success */
};

struct view_queue {
    /* as programmed */
    uint32_t ready;
    bool stop_unread; /* 0 written to QueueReady, not read back yet */
    bool max_read;
    uint32_t max; /* QueueNumMax, when last read */
    /* as it is reset by itself (2.6.1) */
    bool reset_pending; /* 1 written to QueueReset, 0 not read back yet */
    bool was_reset;     /* ... and it was not enabled again since */
    uint8_t set;        /* settings written since it was last off */
    uint8_t set_first;  /* ... when it was enabled for the first time */
    /* as the device runs it */
    bool up;
    uint32_t size;
    struct view_chain *chain; /* `ids` entries while up */
    uint32_t ids;
    uint32_t inflight;
    uint16_t *order; /* IN_ORDER: their ids as they came, a ring of `size` */
    uint32_t order_first, order_count;
    uint64_t area[3]; /* descriptor table, available ring, used ring */
    bool freed;       /* one of them was, while the device had it */
    /* kicks; places as in events (event.h) */
    bool suppressed;
    bool wavering; /* between suppressed and armed: no kick is due, but one may
                      come */
    uint64_t suppressed_at; /* number of that event */
    uint64_t armed_idx;     /* entries from here on may need a kick */
    bool always;            /* ... each of them, */
    uint64_t event_idx;     /* or those from this one on (avail_event) */
    uint64_t kicked_idx;    /* avail idx at the last kick */
    /* the chain now being fetched */
    bool writable_seen;
    uint64_t chain_len;
    uint32_t table_entries; /* 0: no table */
};

/* Operations of the bench's ABI, as in SUBMIT. */
enum {
    VIEW_OP_READ = 1,
    VIEW_OP_WRITE = 2,
    VIEW_OP_FLUSH = 3,
    VIEW_OP_DISCARD = 6,
    VIEW_OP_WRITE_ZEROES = 7,
    VIEW_OP_WRITEBACK = 9,
    VIEW_OP_QUEUE_RESET = 10,
};

enum { VIEW_BLK_OPS = 1024 }; /* more than are in flight */

/* A disk: see judge_view_blk.c. */
struct view_blk {
    /* the config field writeback, as the driver last read or wrote it */
    enum { VIEW_MODE_UNKNOWN, VIEW_WRITETHROUGH, VIEW_WRITEBACK } mode;
    bool dirty;     /* a write since the last flush may be volatile */
    bool old_mode;  /* the request to come was submitted in another mode */
    uint64_t reads; /* requests of type IN */
    /* one bit per sector: discarded, and not written since */
    uint8_t *discarded;
    uint64_t discarded_bits;
    /* by token, as it was when the operation was submitted */
    struct view_blk_op {
        uint32_t op;
        bool dirty, discarded;
        uint64_t sector, sectors;
        uint64_t reads;
    } op[VIEW_BLK_OPS];
    /* discards and writes of zeroes */
    struct view_blk_list {
        unsigned pending;
        uint64_t pending_tokens; /* their sum */
        bool in_doubt;           /* of this token: several segments, an error,
                                    and not sent again */
        uint64_t token;
    } list[2];
};

enum { VIEW_CONFIG_WORDS = 64 }; /* 256 bytes of config space */

/* Device addresses are (window + 1) << 32, see arena.h. */
#define VIEW_WINDOWS 65537u

struct view {
    /* the bus */
    bool magic_read, version_read, id_read;
    uint32_t magic, version, id;
    unsigned accesses; /* register accesses so far */
    bool device_sel_written, driver_sel_written;
    uint32_t driver_sel;
    uint32_t queue_sel;

    /* initialisation */
    bool reset_ever;    /* 0 was written at least once */
    bool reset_pending; /* 0 written, not yet read back as 0 */
    uint32_t status;    /* bits the driver has set since the reset */
    bool ack_ever;      /* an initialisation was begun */
    bool live_ever;     /* DRIVER_OK was set at least once */
    bool failed_ever;
    bool features_read, features_written;
    bool accepted_beyond;    /* bits from 64 on, which nobody can offer */
    uint64_t accepted;       /* by the driver the device serves now */
    bool features_unchecked; /* FEATURES_OK written, status not read yet */
    bool features_refused;   /* ... and it read back as clear */
    bool queue_absent;       /* QueueNumMax was too small for a request */
    bool status_lost;        /* the status is not what was written to it */
    bool needs_reset;

    /* config space */
    uint32_t generation;
    bool generation_read;    /* since the last config read */
    bool config_unbracketed; /* config was read after the generation */
    bool config_moved;       /* ... which then was another one */
    uint32_t config_read_gen[VIEW_CONFIG_WORDS]; /* generation + 1; 0: never */
    uint32_t device_generation;                  /* as the device has it */
    uint64_t sectors;     /* a driver that is live may still go by these */
    uint64_t sectors_now; /* told to one that asks */

    /* interrupts */
    bool in_irq, irq_read, irq_acked;
    uint32_t irq_bits, irq_ack;

    /* memory: chain that last used a window, see view_window_busy() */
    uint64_t *window_serial;
    uint16_t *window_head;
    uint16_t *window_queue;
    uint64_t serial;
    uint32_t fetched[1024]; /* windows of the chain being fetched */
    uint32_t fetched_count;

    /* requests, as the bench submitted and saw them */
    bool sound;             /* the device is one */
    bool opening;           /* or recovering, and nothing asked for since */
    uint64_t used, done_ok; /* all of them */
    struct view_count count[VIEW_WAYS];
    uint8_t way[1024]; /* by token: enum view_way */
    uint64_t flush_requests;
    uint64_t pending_token[1024]; /* bit set of 65536 */
    uint64_t flush_before[1024];  /* by token: flush_requests when a flush was
                                     submitted, + 1; 0: no flush */

    struct view_blk blk;

    uint64_t submit_at; /* number of the first submit since a kick; 0: none */

    bool events_filled; /* a buffer has been in eventq */
    bool rx_unseen;     /* the device never looks at rxq */

    /* sound: what the driver set each stream to, and has given it */
    struct view_stream {
        uint32_t period_bytes; /* 0: not set */
        uint32_t features;
        bool ended; /* a tx message of another size than a period came */
        uint32_t rx_queued, rx_odd; /* with the device; of another size */
        uint8_t last;               /* last command that the device did */
    } stream[FAKE_SND_STREAMS_MAX];
    struct {
        uint32_t period_bytes, features;
    } asked;                     /* by the SET_PARAMS being carried out */
    uint64_t rx_odd_heads[1024]; /* bit set: messages of another size */
    struct {
        bool query, refused;
        uint64_t bytes; /* on controlq: those that say how it ended */
    } answer;           /* of the element about to be used */
    uint64_t query_count, query_size; /* of the query being carried out */

    bool queue_resets; /* a queue was reset by itself */

    /* situations that change whose fault it is */
    bool event_garbage;
    bool ailing;     /* a fault that is a reason to give up has fired */
    bool config_cut; /* ... that hides part of the config space */
    enum {
        VIEW_THERE,
        VIEW_GONE,  /* pulled out: accesses reach nobody */
        VIEW_FRESH, /* there again, and the driver has not begun anew */
    } presence;
    bool begins; /* while it was gone the driver asked for a reset, and since
                    then has set no status */

    struct view_queue queue[FAKE_QUEUES_MAX];
};

struct fake_judge {
    struct fake_judge_about about;
    struct view view;
    uint64_t number; /* of the event being judged */
    uint64_t t_ns;   /* its time */
    size_t current;  /* table entry being checked */
    uint64_t form;   /* features accepted that decide what is checked */
    /* The checks that look at a kind: run[from[kind]] up to
     * run[from[kind + 1]]. */
    uint16_t from[FAKE_EV_COUNT + 1];
    struct judge_run {
        void (*check)(struct fake_judge *j, const struct fake_event *e);
        size_t entry;
    } * run;
    const struct judge_entry **entry;
    size_t entry_count;
    uint64_t *applied;
    struct fake_violation *violation;
    size_t *violation_of; /* per table entry: index + 1, 0: none */
    size_t violation_count;
};

/* The clause being checked applies to this event. */
void judge_applies(struct fake_judge *j);
/* ... and is broken. Implies judge_applies(). */
__attribute__((format(printf, 3, 4))) void
judge_broken(struct fake_judge *j, const char *expected, const char *seen, ...);

/* What was just broken breaks the contract of dut.h as well. */
void judge_breaks_contract(struct fake_judge *j);

/* Clause applies, and is broken unless `kept`. */
#define JUDGE(j, kept, expected, ...)                                          \
    do {                                                                       \
        if (kept)                                                              \
            judge_applies(j);                                                  \
        else                                                                   \
            judge_broken(j, expected, __VA_ARGS__);                            \
    } while (0)

/* Is it txq or rxq, with a stream that the device polls (5.14.6.6.3)? */
bool judge_polled(const struct fake_judge *j, unsigned queue);

int view_init(struct view *v, const struct fake_judge_about *about);
void view_free(struct view *v);
void view_add(struct view *v, uint64_t number, const struct fake_event *e);
void view_add_snd(struct view *v, const struct fake_event *e); /* SND_* */
void view_forget_rx(struct view *v);
/* What the driver has done since its reset is over. */
void view_forget_driver(struct view *v);
void view_add_capacity(struct view *v, uint64_t sectors);

/* judge_view_fault.c */
void view_add_fault(struct view *v, const struct fake_event *e);
void view_add_present(struct view *v, bool there);
/* Does this access mean another device than the one that is there? */
bool view_is_astray(struct view *v, const struct fake_event *e);

/* judge_view_queue.c */
void view_queue_free(struct view_queue *q);
void view_queue_down(struct view_queue *q);
void view_add_to_queue(struct view *v, uint64_t number,
                       const struct fake_event *e);
void view_add_free(struct view *v, uint64_t addr);

/* One bit per register with a setting of a queue; 0 for others. */
uint8_t view_setting(uint64_t offset);

/* The queue an event is about, or NULL. */
static inline struct view_queue *view_queue_of(struct view *v,
                                               const struct fake_event *e)
{
    return e->queue < FAKE_QUEUES_MAX ? &v->queue[e->queue] : NULL;
}

/* Is memory at this device address part of a chain the device holds? */
bool view_window_busy(const struct view *v, uint64_t addr);

/* By what way (enum view_way) a request or a used element went. */
void view_count_submit(struct view *v, const struct fake_event *e);
void view_count_used(struct view *v, const struct fake_event *e,
                     uint64_t writable);
struct view_count *view_count_of(struct view *v, uint64_t token);

/* Was it lent to the device over that queue, and not given back, whatever the
 * queue does now? */
bool view_window_lent(const struct view *v, uint64_t addr, unsigned queue);

bool view_token_pending(const struct view *v, uint64_t token);

void view_blk_add(struct view *v, const struct fake_event *e);
void view_blk_free(struct view *v);

/* Was any of these sectors discarded, and not written since? */
bool view_blk_discarded(const struct view *v, uint64_t sector,
                        uint64_t sectors);

struct view_blk_op *view_blk_op(struct view_blk *b, uint64_t token);

/* Is it done by registers alone, without a ring? */
bool view_blk_by_registers(struct view_blk *b, uint64_t token);

/* Of an operation that may fail in part, or NULL. */
struct view_blk_list *view_blk_list_of_op(struct view_blk *b, uint32_t op);

/* Of an operation that is a flush: requests of that type before it, + 1. Of
 * others 0. */
uint64_t view_flush_before(const struct view *v, uint64_t token);

static inline bool has_feature(const struct view *v, unsigned bit)
{
    return v->accepted >> bit & 1;
}

static inline bool is_packed(const struct view *v)
{
    return has_feature(v, VIRTIO_F_RING_PACKED);
}

static inline bool offers(const struct fake_judge *j, unsigned bit)
{
    return j->about.offered >> bit & 1;
}

static inline bool is_sound(const struct fake_judge *j)
{
    return j->about.device_id == VIRTIO_ID_SOUND;
}

/* Can a queue of at most that many entries hold a request, a header, data and
 * status without an indirect table? Of 3 a split one has only 2 (2.7). */
static inline bool view_queue_holds(const struct view *v, uint64_t max)
{
    return max >= (is_packed(v) ? 3 : 4);
}

/* Bytes of config space that the device type defines. */
static inline uint32_t judge_config_known(const struct fake_judge *j)
{
    return is_sound(j) ? (uint32_t)sizeof(struct virtio_snd_config)
                       : (uint32_t)sizeof(struct virtio_blk_config);
}

static inline bool is_write(const struct fake_event *e, uint32_t offset)
{
    return e->kind == FAKE_EV_REG_WRITE && e->arg[0] == offset;
}

static inline bool is_read(const struct fake_event *e, uint32_t offset)
{
    return e->kind == FAKE_EV_REG_READ && e->arg[0] == offset;
}

/* Status as written. A driver whose reset is never answered gives up with
 * FAILED on top of what it reads, which are no steps of its own. */
static inline uint32_t status_meant(const struct view *v, uint32_t value)
{
    return v->reset_pending && value & VIRTIO_STATUS_FAILED
               ? VIRTIO_STATUS_FAILED
               : value;
}

/* Status written with bits it did not have; 0 for everything else. */
static inline uint32_t fresh_status(const struct view *v,
                                    const struct fake_event *e)
{
    return is_write(e, VIRTIO_MMIO_STATUS)
               ? status_meant(v, (uint32_t)e->arg[2]) & ~v->status
               : 0;
}

#endif
