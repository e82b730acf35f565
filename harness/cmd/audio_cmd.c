/* SPDX-License-Identifier: MIT
 *
 * ringtrue audio: what sound cards PortAudio sees on this machine.
 */
#include <stdio.h>
#include <string.h>

#include "card.h"
#include "commands.h"
#include "options.h"

static const struct rig_option option_list[] = {{0}};

/* No card is an answer, too. */
static int devices(void)
{
    char err[512];
    int n = rig_card_list(stdout, err, sizeof(err));

    if (n < 0)
        printf("no sound devices: %s\n", err);
    else if (n == 0)
        printf("no sound devices: PortAudio sees none\n");
    return RIG_EXIT_PASS;
}

int cmd_audio(int argc, char **argv)
{
    struct rig_options o = {
        .command = "audio",
        .usage = "devices",
        .about = "Lists the sound devices that PortAudio sees, with the "
                 "numbers and names that --sink portaudio:DEVICE and "
                 "--source portaudio:DEVICE take.",
        .list = option_list,
    };
    int key = rig_options_next(&o, argc, argv);

    if (key < 0)
        return o.exit_code;
    if (o.first >= argc)
        return rig_complain("audio", "expected devices "
                                     "(try 'ringtrue audio --help')");
    if (strcmp(argv[o.first], "devices") != 0)
        return rig_complain("audio", "expected devices, found '%s'",
                            argv[o.first]);
    if (o.first + 1 < argc)
        return rig_complain("audio", "unexpected argument '%s'",
                            argv[o.first + 1]);
    return devices();
}
