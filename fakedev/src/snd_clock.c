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

/* ---- clocks that are fast or slow ---- */

#define MILLION UINT64_C(1000000)

/* ns * rate * (10^6 + ppm) / 10^15. Whole seconds and the rest, and whole
 * frames per second and the rest, are multiplied each by each: what is below
 * one frame is collected in parts of 10^15, and that fits. */
uint64_t snd_frames_at_ppm(uint64_t ns, uint32_t rate_hz, int32_t ppm)
{
    uint64_t rate = rate_hz * (uint64_t)((int64_t)MILLION + ppm);
    uint64_t hz = rate / MILLION, micro_hz = rate % MILLION;
    uint64_t s = ns / SECOND_NS, rest_ns = ns % SECOND_NS;
    uint64_t by_s = s * micro_hz, by_ns = rest_ns * hz;
    uint64_t parts = by_s % MILLION * SECOND_NS + rest_ns * micro_hz +
                     by_ns % SECOND_NS * MILLION;

    return s * hz + by_s / MILLION + by_ns / SECOND_NS +
           parts / (SECOND_NS * MILLION);
}

/* By halves: it never falls as time goes on. */
uint64_t snd_time_of_ppm(uint64_t frames, uint32_t rate_hz, int32_t ppm)
{
    uint64_t low = 0, high = FAKE_NEVER;

    while (low < high) {
        uint64_t ns = low + (high - low) / 2;

        if (snd_frames_at_ppm(ns, rate_hz, ppm) < frames)
            low = ns + 1;
        else
            high = ns;
    }
    return low;
}

uint64_t snd_scale_ppm(uint64_t frames, int32_t ppm)
{
    uint64_t scale = (uint64_t)((int64_t)MILLION + ppm);

    return frames / MILLION * scale + frames % MILLION * scale / MILLION;
}

/* ---- frames and bytes ---- */

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
