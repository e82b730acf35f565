/* SPDX-License-Identifier: MIT
 *
 * dut.h: the plug between the bench and a driver under test (the subject).
 *
 * A subject is a driver of virtio-blk or virtio-snd, as written for its own
 * operating system, plus some glue that implements struct rig_dut. The bench
 * gives it a port to a simulated virtio-mmio device: registers, DMA memory,
 * an interrupt to wait for, a clock. Build the glue and the driver as one
 * shared object that exports RIG_DUT_SYMBOL and run
 *
 *     ringtrue run --dut ./mydriver.so
 *
 * harness/examples/ has the smallest complete subject.
 *
 * Threads: the bench calls a subject from one thread, and never calls it
 * while one of its calls runs; `interrupt` comes between two other calls, as
 * on a uniprocessor with interrupts enabled only there. Port calls are made
 * from that same thread.
 *
 * Time: virtual under --sched step, real under --sched threads. A subject
 * that waits for the device has to call a port function in its loop (wait,
 * now_ns or a register access): virtual time passes nowhere else. Nothing
 * here blocks for ever: wait has a deadline, and the case has one too.
 *
 * Order: the device is another CPU. What neither an atomic access nor a fence
 * of C11 orders is not ordered. Of the port, reg_write comes after all stores
 * before it, and no load after a reg_read or reg_write is done before it: a
 * write has arrived when the call returns. wait orders all that is before it
 * against all that is after it. The other calls order nothing. `ringtrue run
 * --instrument` takes each of these words seriously (DESIGN.md, section 5).
 *
 * Ownership: the bench owns the port and the operation buffers; the subject
 * owns its instance. An operation's buffers belong to the subject from
 * submit until its completion has been returned by poll.
 */
#ifndef RINGTRUE_DUT_H
#define RINGTRUE_DUT_H

#include <stddef.h>
#include <stdint.h>

#include "ringtrue/err.h" /* RGT_E_*: the error codes of every call here */

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up with every change of a layout or of a meaning below. */
#define RIG_DUT_ABI_VERSION 3

/* What a shared object exports: const struct rig_dut *ringtrue_dut(void); */
#define RIG_DUT_SYMBOL "ringtrue_dut"

/* No device address: share failed. */
#define RIG_DMA_BAD UINT64_MAX

enum rig_dir {
    RIG_TO_DEVICE = 0,   /* the device reads the buffer */
    RIG_FROM_DEVICE = 1, /* the device writes the buffer */
};

/* What the bench gives. Every slot is set; pass `ctx` back in each call. */
struct rig_port {
    uint32_t abi_version; /* RIG_DUT_ABI_VERSION of the bench */
    void *ctx;

    /* One virtio-mmio register access, offset in bytes from the start of the
     * register file (4.2.2), width in bytes: 1, 2 or 4. Any access is carried
     * out as a strict device would and recorded; a wrong one is a violation
     * in the report, never a crash. Bad reads return 0. */
    uint32_t (*reg_read)(void *ctx, uint32_t offset, uint32_t width);
    void (*reg_write)(void *ctx, uint32_t offset, uint32_t width,
                      uint32_t value);

    /* Memory that driver and device both see (coherent), zeroed. align: a
     * power of two, at most 65536. *dma receives the address to give to the
     * device; it differs from the pointer. NULL when memory is out. */
    void *(*dma_alloc)(void *ctx, size_t bytes, size_t align, uint64_t *dma);
    void (*dma_free)(void *ctx, void *cpu, size_t bytes, uint64_t dma);

    /* Lends a buffer to the device in one direction and returns its device
     * address, or RIG_DMA_BAD. The device sees it, and its writes are seen,
     * only between share and unshare: with --memory bounce the bench copies.
     * unshare takes the same buffer, size and direction, and share's result.
     *
     * From when it makes a buffer available until the device has used it, the
     * subject writes none of its memory, shared or allocated, and reads nothing
     * of what is device-writable (2.7.13.3, 2.8.21.1). The bench compares;
     * with --memory guarded it sees each touch of a shared buffer that is its
     * own (what rig_op has are). */
    uint64_t (*share)(void *ctx, void *buf, size_t bytes, enum rig_dir dir);
    void (*unshare)(void *ctx, void *buf, size_t bytes, enum rig_dir dir,
                    uint64_t dma);

    /* Sleeps until the interrupt line is asserted (returns 1; at once if it
     * already is) or the deadline, an absolute now_ns time, passes (returns
     * 0). The bench does not call `interrupt` from in here: a subject that
     * waits inside one of its own calls handles its interrupt itself. */
    int (*wait)(void *ctx, uint64_t deadline_ns);

    /* Monotonic time in ns. */
    uint64_t (*now_ns)(void *ctx);

    /* One line for the report, without a newline. */
    void (*log)(void *ctx, const char *line);
};

enum rig_device {
    RIG_DEVICE_BLK = 2, /* the virtio device IDs (5) */
    RIG_DEVICE_SND = 25,
};

/* Operations. A subject returns RGT_E_NOTSUP from submit for those it does
 * not have (see struct rig_dut.op_mask: the case is then SKIP). */
enum rig_op_code {
    RIG_OP_BLK_READ = 1,  /* sector, seg[]: filled by the device */
    RIG_OP_BLK_WRITE = 2, /* sector, seg[] */
    RIG_OP_BLK_FLUSH = 3,
    RIG_OP_BLK_ID = 4,           /* seg[0]: 20 bytes, filled by the device */
    RIG_OP_BLK_LIFETIME = 5,     /* seg[0]: 6 bytes, filled by the device */
    RIG_OP_BLK_DISCARD = 6,      /* range[] */
    RIG_OP_BLK_WRITE_ZEROES = 7, /* range[]; its unmap */
    RIG_OP_BLK_SECURE_ERASE = 8, /* range[] */
    RIG_OP_BLK_WRITEBACK = 9,    /* id: 1 writeback, 0 writethrough */
    RIG_OP_QUEUE_RESET = 10,     /* queue: reset and enabled again (2.6.1);
                                    what was in flight on it comes back with
                                    RGT_E_IO before this is done */

    RIG_OP_SND_JACK_INFO = 16,  /* id, info.jack[] of info_count */
    RIG_OP_SND_PCM_INFO = 17,   /* id, info.pcm[] */
    RIG_OP_SND_CHMAP_INFO = 18, /* id, info.chmap[] */
    RIG_OP_SND_JACK_REMAP = 19, /* id: jack; association, sequence */
    RIG_OP_SND_SET_PARAMS = 20, /* id: stream; params */
    RIG_OP_SND_PREPARE = 21,    /* id: stream, here and below */
    RIG_OP_SND_START = 22,
    RIG_OP_SND_STOP = 23,
    RIG_OP_SND_RELEASE = 24, /* done when the device has let go of every
                                transfer of the stream */
    RIG_OP_SND_WRITE = 25,   /* seg[]: frames to play; done when played */
    RIG_OP_SND_READ = 26,    /* seg[]: filled with captured frames */
};

/* As the device tells it (5.14.6.4 to 5.14.6.9), in host byte order. */
struct rig_snd_jack_info {
    uint32_t hda_fn_nid, features, hda_reg_defconf, hda_reg_caps;
    uint8_t connected;
    uint8_t reserved[3];
};

struct rig_snd_pcm_info {
    uint32_t hda_fn_nid, features;
    uint64_t formats, rates; /* bit per VIRTIO_SND_PCM_FMT_*, _RATE_* */
    uint8_t direction, channels_min, channels_max;
    uint8_t reserved[5];
};

struct rig_snd_chmap_info {
    uint32_t hda_fn_nid;
    uint8_t direction, channels, positions[18];
};

struct rig_snd_params {
    uint32_t buffer_bytes, period_bytes;
    uint32_t features;              /* bits of VIRTIO_SND_PCM_F_* */
    uint8_t channels, format, rate; /* a count; VIRTIO_SND_PCM_FMT_*, _RATE_* */
    uint8_t reserved;
};

struct rig_seg {
    void *buf;
    uint32_t bytes;
};

/* Of a discard, a write of zeroes or a secure erase (5.2.6). */
struct rig_range {
    uint64_t sector, sectors; /* in 512-byte units */
    uint32_t unmap;           /* WRITE_ZEROES: 1: may be deallocated */
    uint32_t reserved;
};

struct rig_op {
    enum rig_op_code code;
    uint32_t queue;  /* request queue, modulo what the subject has */
    uint64_t token;  /* given back in struct rig_done */
    uint64_t sector; /* in 512-byte units */
    const struct rig_seg *seg;
    uint32_t seg_count;
    uint32_t range_count;
    const struct rig_range *range;

    /* sound; the rest is ignored by block operations */
    uint32_t id; /* of the first jack, stream or channel map meant */
    union {
        struct rig_snd_jack_info *jack;
        struct rig_snd_pcm_info *pcm;
        struct rig_snd_chmap_info *chmap;
    } info; /* filled until the operation is done */
    uint32_t info_count;
    struct rig_snd_params params;
    uint32_t association, sequence;
};

struct rig_done {
    uint64_t token;
    int32_t result;         /* 0 or RGT_E_* */
    uint32_t bytes;         /* SND_READ: captured */
    uint32_t latency_bytes; /* SND_WRITE, SND_READ: as the device says */
};

/* What the device tells by itself (5.14.6.3). */
struct rig_snd_event {
    uint32_t code; /* VIRTIO_SND_EVT_* */
    uint32_t data; /* jack or stream */
};

struct rig_snd_info {
    uint32_t jacks, streams, chmaps;
    uint64_t features; /* negotiated */
    uint32_t events_lost;
};

struct rig_blk_info {
    uint64_t capacity; /* in 512-byte sectors */
    uint64_t features; /* negotiated */
    uint32_t blk_size; /* bytes; 0: not told by the device */
    uint32_t size_max; /* bytes; 0: no limit told */
    uint32_t seg_max;  /* count; 0: no limit told */
    uint32_t queue_size;
    uint8_t read_only;
    uint8_t flush;     /* flush operations reach the device */
    uint8_t writeback; /* the cache mode: 1 writeback */
    uint8_t write_zeroes_may_unmap;
    uint8_t physical_block_exp, alignment_offset;
    uint16_t min_io_blocks;
    uint32_t opt_io_blocks;
    uint16_t cylinders;
    uint8_t heads, sectors_per_track;
    uint32_t queues; /* request queues in use */
    /* As told by the device; 0 without the feature. */
    uint32_t max_discard_sectors, max_discard_seg, discard_sector_alignment;
    uint32_t max_write_zeroes_sectors, max_write_zeroes_seg;
    uint32_t max_secure_erase_sectors, max_secure_erase_seg;
    uint32_t secure_erase_sector_alignment;
};

/* What open is told beyond the port. */
struct rig_open {
    enum rig_device device;
    uint64_t features_mask; /* accept no feature outside of it */
    uint32_t queue_size;    /* upper limit wanted; 0: the subject's choice */
    uint32_t inflight_max;  /* most operations the bench keeps in flight */
    uint32_t queues;        /* most request queues wanted; 0: one */
};

/* What the subject gives. A slot may be NULL only where it says so. */
struct rig_dut {
    uint32_t abi_version; /* RIG_DUT_ABI_VERSION it was compiled with */
    uint32_t size;        /* sizeof(struct rig_dut) it was compiled with */
    const char *name;     /* a few words, for the report */
    uint64_t op_mask;     /* 1 << RIG_OP_* for each operation it has */

    /* Finds and initialises the device (3.1.1) and leaves it live. *self is
     * the instance for all later calls. Returns 0; RGT_E_NODEV: no device
     * for this driver here (wrong magic, version or ID, placeholder ID 0);
     * RGT_E_REFUSED: features not agreed; RGT_E_TIMEOUT; RGT_E_NOMEM;
     * RGT_E_PROTO. After an error close is not called. */
    int (*open)(const struct rig_port *port, const struct rig_open *how,
                void **self);

    /* Resets the device and frees everything, but for what a device that does
     * not answer the reset may still use (3.3.1); operations in flight are gone
     * without a completion. */
    void (*close)(void *self);

    /* Queues one operation; never waits. 0: it will be returned by poll
     * exactly once. RGT_E_AGAIN: full, poll first. Other codes: refused by
     * the driver, and nothing of it reaches the device. */
    int (*submit)(void *self, const struct rig_op *op);

    /* Makes everything submitted visible to the device and notifies it if
     * the device wants that. Called after a batch of submits. NULL: submit
     * does so itself. */
    void (*kick)(void *self);

    /* Collects completions: writes at most max into done[], returns their
     * number, or RGT_E_PROTO / RGT_E_STATE: the device broke the rules or
     * needs a reset, and only recover or close help. */
    int (*poll)(void *self, struct rig_done *done, uint32_t max);

    /* The interrupt line is asserted: find out why, acknowledge (4.2.3.4).
     * Returns 0 or an error as poll does. NULL: the subject only polls. */
    int (*interrupt)(void *self);

    /* Resets and initialises the device again. All operations in flight are
     * returned by later polls, exactly once, with their result; and as much
     * memory is in use as after open. NULL: the subject cannot; cases that ask
     * for it are SKIP, and where a fault has gone it is closed and opened. */
    int (*recover)(void *self);

    /* What the driver learned of a block device. NULL if it cannot tell. */
    int (*blk_info)(void *self, struct rig_blk_info *info);

    /* Sound: what there is, and the next event: 1, or 0 if there is none
     * (after poll or interrupt). NULL for a subject without sound. */
    int (*snd_info)(void *self, struct rig_snd_info *info);
    int (*snd_event)(void *self, struct rig_snd_event *event);
};

typedef const struct rig_dut *rig_dut_entry_fn(void);

#ifdef __cplusplus
}
#endif

#endif
