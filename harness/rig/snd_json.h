/* SPDX-License-Identifier: MIT
 *
 * snd_json.h: the sound members of a vector's "device", which the schema has
 * checked already.
 */
#ifndef RIG_SND_JSON_H
#define RIG_SND_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "fakedev/snd.h"

/* Value of VIRTIO_SND_PCM_FMT_* by its name exactly as in vectors ("S16"), or
 * -1. */
int rig_snd_format(const char *name);

/* Bits of VIRTIO_SND_PCM_F_* of an array of names. */
uint32_t rig_snd_features(const json_t *list);

/* Fills all but the ring features. Without members: one jack, an output and
 * an input stream, two channel maps. */
void rig_snd_from_json(struct fake_snd_config *snd, const json_t *device);

#endif
