/* SPDX-License-Identifier: MIT
 *
 * card_callback.c: what PortAudio's thread does. See card_pa.h: it allocates
 * nothing, locks nothing, logs nothing.
 */
#include <string.h>
#include <time.h>

#include "card_pa.h"

#define AHEAD_NS UINT64_C(100000000) /* a card fills its buffer at once */
#define ROW_DIVISOR 4u               /* of a second: no bite is larger */

/* A card that is none (ALSA's null, a file) calls as fast as it can; of no
 * other kind of card the callback ever waits. Time that it runs ahead of the
 * clock is slept here. A real card is never ahead by more than its buffer: each
 * second 1 % is forgotten, so that its clock may be a little fast. */
static void pace(struct rig_card *card, unsigned long frames, uint64_t passed)
{
    passed += passed / 100;
    card->ahead_ns -= passed < card->ahead_ns ? passed : card->ahead_ns;
    card->ahead_ns += (uint64_t)frames * 1000000000u / card->rate_hz;
    if (card->ahead_ns > AHEAD_NS) {
        uint64_t rest = card->ahead_ns - AHEAD_NS;
        struct timespec t = {(time_t)(rest / 1000000000u),
                             (long)(rest % 1000000000u)};

        nanosleep(&t, NULL);
    }
}

/* What a card takes at a time can be more than it asks for in one call:
 * PortAudio gives a period of JACK's above 1024 frames in pieces, one behind
 * the other. Calls that come faster than their frames pass are one bite. */
static void note_burst(struct rig_card *card, unsigned long frames,
                       uint64_t passed_ns)
{
    uint64_t last_ns =
        (uint64_t)card->last_frames * 1000000000u / card->rate_hz;
    uint64_t row = passed_ns < last_ns / 2 ? card->row_frames : 0;

    /* A card that is none has no end of them: see pace(). */
    if (row + frames > card->rate_hz / ROW_DIVISOR)
        row = 0;
    card->last_frames = (unsigned)frames;
    card->row_frames = (unsigned)(row + frames);
    if (card->row_frames >
        atomic_load_explicit(&card->burst, memory_order_relaxed))
        atomic_store_explicit(&card->burst, card->row_frames,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&card->calls, 1, memory_order_relaxed);
}

static int play(struct rig_card *card, uint8_t *out, unsigned long frames)
{
    bool go = atomic_load_explicit(&card->go, memory_order_acquire);
    bool draining = atomic_load_explicit(&card->draining, memory_order_acquire);
    size_t want = frames * card->frame_bytes;
    size_t got = go ? rig_spsc_read(&card->ring, out, want) : 0;

    memset(out + got, 0, want - got); /* S16, S32 and FLOAT: 0 is silence */
    atomic_fetch_add_explicit(&card->moved, got / card->frame_bytes,
                              memory_order_release);
    if (draining && got == 0)
        return paComplete;
    if (go && !draining && got < want && !card->starving)
        atomic_fetch_add(&card->gaps, 1);
    card->starving = got < want;
    return paContinue;
}

static int capture(struct rig_card *card, const uint8_t *in,
                   unsigned long frames)
{
    size_t bytes = frames * card->frame_bytes;

    if (!atomic_load_explicit(&card->go, memory_order_acquire))
        return paContinue;
    /* All or nothing: half of a frame would swap the channels. */
    if (!in || rig_spsc_room(&card->ring) < bytes) {
        atomic_fetch_add(&card->gaps, 1);
        return paContinue;
    }
    rig_spsc_write(&card->ring, in, bytes);
    atomic_fetch_add_explicit(&card->moved, frames, memory_order_release);
    return paContinue;
}

int rig_card_callback(const void *in, void *out, unsigned long frames,
                      const PaStreamCallbackTimeInfo *time,
                      PaStreamCallbackFlags flags, void *ctx)
{
    struct rig_card *card = ctx;
    uint64_t now = rig_card_now_ns();
    uint64_t passed = card->last_ns ? now - card->last_ns : 0;

    (void)time;
    (void)flags;
    card->last_ns = now;
    note_burst(card, frames, passed);
    if (card->may_run_ahead)
        pace(card, frames, passed);
    return card->input ? capture(card, in, frames) : play(card, out, frames);
}
