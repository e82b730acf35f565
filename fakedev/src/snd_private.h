/* SPDX-License-Identifier: MIT
 *
 * snd_private.h: what the parts of the sound model share.
 *
 *   snd.c          the model as the device half sees it; jacks
 *   snd_note.c     notifications (5.14.5)
 *   snd_control.c  requests on controlq (5.14.6)
 *   snd_stream.c   life of a stream, and what its clock makes of it
 *   snd_xfer.c     messages on txq and rxq (5.14.6.8)
 *   snd_fault.c    faults: where they are, and what they do to a stream
 *   snd_format.c   formats and rates in plain numbers
 *   snd_clock.c    time and frames
 */
#ifndef FAKEDEV_SND_PRIVATE_H
#define FAKEDEV_SND_PRIVATE_H

#include "fakedev/snd.h"
#include "ringtrue/wire.h"

/* Takes per queue, requests served, and messages completed per stream, in one
 * step; and bytes that one step moves at most for one stream. */
#define SND_BATCH 64u
#define SND_STEP_BYTES (UINT32_C(1) << 20)

/* Notifications that wait for a buffer of the driver's. */
#define SND_NOTES_MAX 64u

/* Times that a jack goes off and on at once, at most. */
#define SND_FLAPS_MAX 1024u

/* Room for any frame there is: 255 channels of 8 bytes. */
#define SND_SCRATCH_BYTES 32768u

/* What the device fills writable bytes with that hold no data. */
#define SND_FILLER 0xEE

#define SND_HDR_BYTES 4u    /* struct virtio_snd_hdr, and _pcm_xfer */
#define SND_STATUS_BYTES 8u /* struct virtio_snd_pcm_status */
#define SND_EVENT_BYTES 8u  /* struct virtio_snd_event */

/* One message of a stream, from take to completion. */
struct snd_msg {
    struct fake_chain *chain;
    struct snd_msg *next;
    uint64_t bytes;    /* of frames */
    uint64_t offset;   /* of them, played or captured */
    uint64_t from;     /* no byte of it has its turn before that one of the
                          stream: it was not there yet */
    bool begun;        /* its turn has come; faults of messages were asked */
    uint8_t payload[]; /* eager reading: the frames */
};

struct snd_stream {
    enum fake_snd_state state;
    /* by SET_PARAMS */
    struct fake_pcm pcm;
    uint32_t features;
    uint32_t frame_bits;
    /* pending messages, oldest first */
    struct snd_msg *first, *last;
    uint64_t queued_bytes; /* in them, neither played nor captured */
    /* since START */
    uint64_t start_ns;
    uint64_t clock_frames; /* as last read */
    uint64_t passed_bytes; /* played or captured, silence and loss included */
    bool gap;              /* no data where the clock is now */
    bool failed;           /* by its sink or source */
    /* by faults */
    int32_t drift_ppm;    /* of its clock, since START */
    uint64_t stalled_ns;  /* its clock stood, since START */
    struct snd_msg *kept; /* played, and not given back: newest first */
    bool ends_late;       /* RELEASE was answered, what is pending was not */
    uint64_t end_ns;      /* then: when it is given back */
};

struct snd_note {
    uint32_t code, data;
};

struct snd_list {
    struct fake_chain *first, *last;
    uint32_t count;
};

struct fake_snd_core {
    struct snd_stream stream[FAKE_SND_STREAMS_MAX];
    struct snd_list control; /* taken, to be served */
    struct snd_list event;   /* empty buffers for notifications */
    struct snd_note note[SND_NOTES_MAX];
    uint32_t note_first, note_count;
    bool told[FAKE_SND_JACKS_MAX]; /* connected, as the driver was told */
    uint32_t defconf[FAKE_SND_JACKS_MAX];
    uint64_t flap_ns; /* next flap; 0: not begun */
    bool polls_tx;    /* asked to by VIRTIO_SND_PCM_F_MSG_POLLING */
    bool polls_rx;    /* the same */
    _Alignas(8) uint8_t scratch[SND_SCRATCH_BYTES];
};

static inline struct fake_snd *snd_of(struct fake_device *dev)
{
    return (struct fake_snd *)dev;
}

static inline uint64_t snd_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline void snd_lower(uint64_t *wake_ns, uint64_t to_ns)
{
    if (to_ns < *wake_ns)
        *wake_ns = to_ns;
}

static inline uint64_t snd_get_le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

static inline void snd_put_le(uint8_t *at, uint64_t value, unsigned bytes)
{
    for (; bytes; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

/* ---- snd.c ---- */

void snd_list_add(struct snd_list *list, struct fake_chain *chain);
struct fake_chain *snd_list_take(struct snd_list *list);

/* Polls txq and rxq from now on, or no longer, as their streams ask for it. */
void snd_poll_queues(struct fake_snd *snd);

/* ---- snd_note.c ---- */

/* Tells the driver as soon as it has a buffer posted. With SND_NOTES_MAX on
 * the wait, this one is lost. */
void snd_notify(struct fake_snd *snd, uint32_t code, uint32_t data);

/* What waits, as far as there are buffers for it. Returns true if any did. */
bool snd_send_notes(struct fake_snd *snd);

/* A fault: jack 0 goes off and on, or on and off, so often at once. */
void snd_flap(struct fake_snd *snd, uint64_t times);

/* ---- snd_fault.c ---- */

/* An occasion for a fault that concerns this buffer: of a message for a stream,
 * or of a control request (type: its code, else FAKE_ANY_TYPE; id: its stream,
 * else FAKE_ANY_STREAM). */
bool snd_fault_at(struct fake_snd *snd, const struct fake_chain *chain,
                  enum fake_fault name, int32_t type, uint32_t id,
                  uint64_t *arg);

/* The same for one that concerns a stream and no one buffer of it. */
bool snd_stream_fault(struct fake_snd *snd, uint32_t id, enum fake_fault name,
                      uint64_t *arg);

/* START: how fast its clock is to be. */
void snd_fault_clock(struct fake_snd *snd, uint32_t id);

/* The turn of the oldest message has come: is there a gap before it, or does
 * the clock stand? Returns true if either is so. */
bool snd_fault_turn(struct fake_snd *snd, uint32_t id);

/* The oldest message was played or filled: is it kept? */
bool snd_fault_keeps(struct fake_snd *snd, uint32_t id);

/* ---- snd_control.c ---- */

void snd_control_serve(struct fake_snd *snd, struct fake_chain *chain,
                       uint64_t now_ns);

/* ---- snd_stream.c ---- */

/* One command of the life cycle; SET_PARAMS has been checked by then and
 * comes with its parameters, others with NULL. Returns VIRTIO_SND_S_*. */
uint32_t snd_stream_command(struct fake_snd *snd, uint32_t id, uint32_t code,
                            const struct snd_stream *params, uint64_t now_ns);

/* Everything due at now_ns. *did is set if the driver can notice anything of
 * it. Returns false if there is more than one step may do. */
bool snd_stream_advance(struct fake_snd *snd, uint32_t id, uint64_t now_ns,
                        bool *did);

/* Bytes that the stream's clock has passed since START. A clock that runs
 * backwards stands still for the stream: what has passed has passed. */
uint64_t snd_stream_clock(struct fake_snd *snd, uint32_t id, uint64_t now_ns);

void snd_stream_wake(struct fake_snd *snd, uint32_t id, uint64_t now_ns,
                     uint64_t *wake_ns);

/* Gives back what a RELEASE should have given back, once it is time. Lowers
 * *wake_ns to that time. */
bool snd_stream_end_late(struct fake_snd *snd, uint32_t id, uint64_t now_ns,
                         uint64_t *wake_ns);

/* Stops sink or source if it runs, forgets all. */
void snd_stream_reset(struct fake_snd *snd, uint32_t id);

/* ---- snd_xfer.c ---- */

/* Takes from txq or rxq. Returns the number taken, SND_BATCH: there may be
 * more. */
unsigned snd_xfer_take(struct fake_snd *snd, unsigned queue, uint64_t now_ns);

/* Gives the oldest message of a stream back. */
void snd_xfer_complete(struct fake_snd *snd, uint32_t id, uint32_t status,
                       uint64_t latency_bytes);

/* Keeps it until the end of the stream. */
void snd_xfer_keep(struct fake_snd *snd, uint32_t id);

/* The next `bytes` of the oldest message go to the sink, or come from the
 * source: whole frames. */
void snd_xfer_move(struct fake_snd *snd, uint32_t id, uint64_t bytes);

/* The same where there is no message: silence is played, frames are lost. */
void snd_xfer_miss(struct fake_snd *snd, uint32_t id, uint64_t bytes);

/* Gives all messages of a stream back, unplayed or not full: the end of the
 * stream. forget: without telling the driver. */
void snd_xfer_end(struct fake_snd *snd, uint32_t id);
void snd_xfer_forget(struct fake_snd *snd, uint32_t id);

/* ---- snd_format.c ---- */

/* 0: no such format. */
uint32_t snd_sample_bits(uint8_t format);

/* The sample that is heard as nothing, as one unit of *bytes bytes. */
uint64_t snd_silence(uint8_t format, unsigned *bytes);

/* ---- snd_clock.c ---- */

/* As fake_snd_frames_at() and fake_snd_time_of(), of a clock that is that many
 * parts in a million fast, or slow (negative, above -10^6): just as exact. */
uint64_t snd_frames_at_ppm(uint64_t ns, uint32_t rate_hz, int32_t ppm);
uint64_t snd_time_of_ppm(uint64_t frames, uint32_t rate_hz, int32_t ppm);

/* floor(frames * (10^6 + ppm) / 10^6) */
uint64_t snd_scale_ppm(uint64_t frames, int32_t ppm);

/* Bytes of so many frames, rounded down; and the first frame count whose
 * bytes are at least as many. */
uint64_t snd_bytes_of(uint64_t frames, uint32_t frame_bits);
uint64_t snd_frames_for(uint64_t bytes, uint32_t frame_bits);

#endif
