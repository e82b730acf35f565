/* SPDX-License-Identifier: MIT
 *
 * snd_clock.c: time and frames, exact in integers.
 *
 * ns * rate does not fit into 64 bits after some hours. Whole seconds are
 * whole numbers of frames, so they are taken out first; what remains is below
 * 10^9 * rate, and that fits for any 32-bit rate.
 */
#include "snd_private.h"

#define SECOND_NS UINT64_C(1000000000)

uint64_t fake_snd_frames_at(uint64_t ns, uint32_t rate_hz)
{
    return ns / SECOND_NS * rate_hz + ns % SECOND_NS * rate_hz / SECOND_NS;
}

/* ceil(frames * 10^9 / rate), or FAKE_NEVER if that is too far away. */
uint64_t fake_snd_time_of(uint64_t frames, uint32_t rate_hz)
{
    uint64_t seconds, rest_ns;

    if (!frames)
        return 0;
    if (!rate_hz)
        return FAKE_NEVER;
    seconds = frames / rate_hz;
    rest_ns = (frames % rate_hz * SECOND_NS + rate_hz - 1) / rate_hz;
    if (seconds > (FAKE_NEVER - rest_ns) / SECOND_NS)
        return FAKE_NEVER;
    return seconds * SECOND_NS + rest_ns;
}

/* Of a format whose frames are no whole bytes, eight frames are. */
uint64_t snd_bytes_of(uint64_t frames, uint32_t frame_bits)
{
    return frames / 8 * frame_bits + frames % 8 * frame_bits / 8;
}

uint64_t snd_frames_for(uint64_t bytes, uint32_t frame_bits)
{
    return bytes / frame_bits * 8 +
           (bytes % frame_bits * 8 + frame_bits - 1) / frame_bits;
}
