/* SPDX-License-Identifier: MIT
 *
 * card_none.c: a build with -DRINGTRUE_PORTAUDIO=OFF.
 */
#include "card.h"

#include "sink_kind.h"
#include "source_kind.h"

#define NONE                                                                   \
    "this ringtrue was built without PortAudio (-DRINGTRUE_PORTAUDIO=OFF)"

bool rig_card_built(void)
{
    return false;
}

int rig_card_list(FILE *out, char *err, size_t room)
{
    (void)out;
    snprintf(err, room, NONE);
    return -1;
}

static struct rig_sink *no_sink(const char *arg, char *err, size_t room)
{
    (void)arg;
    snprintf(err, room, NONE);
    return NULL;
}

static struct rig_source *no_source(const char *arg, char *err, size_t room)
{
    (void)arg;
    snprintf(err, room, NONE);
    return NULL;
}

const struct rig_sink_kind rig_sink_kind_portaudio = {
    .name = "portaudio",
    .open = no_sink,
};

const struct rig_source_kind rig_source_kind_portaudio = {
    .name = "portaudio",
    .open = no_source,
};
