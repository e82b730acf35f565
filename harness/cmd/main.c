/* SPDX-License-Identifier: MIT
 *
 * ringtrue: a test bench for virtio drivers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "options.h"
#include "result.h"

struct command {
    const char *name;
    const char *summary;
    int (*main)(int argc, char **argv);
};

static const struct command commands[] = {
    {"run", "run conformance cases against a driver", cmd_run},
    {"list", "list the cases", cmd_list},
    {"clauses", "list the clauses of VIRTIO 1.2 and what checks them",
     cmd_clauses},
    {"faults", "list what a device can do to a driver", cmd_faults},
    {"blk", "move data through driver, ring and device", cmd_blk},
    {"play", "play a sound file through driver, ring and device", cmd_play},
    {"record", "record through device, ring and driver into a file",
     cmd_record},
    {"snd", "say what the driver learned of a sound device", cmd_snd},
    {"audio", "list the sound cards of this machine", cmd_audio},
    {"serve", "carry out operations that arrive as JSON-RPC on stdin",
     cmd_serve},
    {"explore", "search for seeds that a driver fails with", cmd_explore},
    {"replay", "run the failure in a capsule again", cmd_replay},
    {"merge", "join the results of several explores", cmd_merge},
    {"bench", "measure how fast driver, ring and device are", cmd_bench},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *find(const char *name)
{
    size_t k;

    for (k = 0; k < COMMAND_COUNT; k++)
        if (strcmp(commands[k].name, name) == 0)
            return &commands[k];
    return NULL;
}

static int print_help(void)
{
    size_t k;

    printf("usage: ringtrue COMMAND [ARGUMENT...]\n\n"
           "A test bench for virtio drivers: plugs a driver into a simulated "
           "device and\nsays clause by clause of VIRTIO 1.2 whether it rings "
           "true.\n\ncommands:\n");
    for (k = 0; k < COMMAND_COUNT; k++)
        printf("  %-10s %s\n", commands[k].name, commands[k].summary);
    printf("\n  ringtrue COMMAND --help   options of a command\n"
           "  ringtrue --version        version\n");
    return RIG_EXIT_PASS;
}

static int unknown(const char *word)
{
    return rig_complain(NULL, "unknown %s '%s' (try 'ringtrue --help')",
                        *word == '-' ? "option" : "command", word);
}

static int help(int argc, char **argv)
{
    const struct command *command;
    char option[] = "--help";
    char *words[3] = {argv[1], option, NULL};

    if (argc < 2)
        return print_help();
    command = find(argv[1]);
    return command ? command->main(2, words) : unknown(argv[1]);
}

static int dispatch(int argc, char **argv)
{
    const struct command *command;

    if (argc < 2)
        return rig_complain(NULL, "no command (try 'ringtrue --help')");
    if (strcmp(argv[1], "help") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0) {
        printf("ringtrue %s\n", RINGTRUE_VERSION);
        return RIG_EXIT_PASS;
    }
    command = find(argv[1]);
    return command ? command->main(argc - 1, argv + 1) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
    int rc = dispatch(argc, argv);

    /* A full disk must not look like a verdict. */
    if (fflush(stdout) || ferror(stdout)) {
        rig_complain(NULL, "cannot write to standard output: %s",
                     strerror(errno));
        return RIG_EXIT_BENCH;
    }
    return rc;
}
