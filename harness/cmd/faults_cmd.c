/* SPDX-License-Identifier: MIT
 *
 * ringtrue faults: what a device can do to a driver.
 */
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>

#include "commands.h"
#include "fakedev/fault.h"
#include "options.h"
#include "text.h"
#include "unusual.h"

#define WIDTH 80
#define INDENT 4

static const struct rig_option option_list[] = {{0}};

static const struct rig_options options = {
    .command = "faults",
    .usage = "[NAME-PATTERN...]",
    .about = "Prints the faults that a device can be given, by --fault, in a "
             "vector or over RPC: what each means, its argument, and what a "
             "conforming driver may do about it. Legal: unusual, but a driver "
             "has to work through it. Fails: the device reports a failure as "
             "the specification lets it. Lies: no driver could notice. Breaks: "
             "the device breaks the specification; the driver stays safe, and "
             "works again after a reset. In the end stands what is unusual and "
             "legal without being a fault, with members of \"device\" of a "
             "vector that ask for it, and what of a command line does.",
    .list = option_list,
};

static bool matches(const char *name, char *const *patterns, size_t count)
{
    for (size_t k = 0; k < count; k++)
        if (fnmatch(patterns[k], name, 0) == 0)
            return true;
    return count == 0;
}

/* Does a pattern match anything? */
static bool is_of_use(char *const *pattern)
{
    const struct rig_unusual *u;

    for (int k = 0; k < FAKE_FAULT_COUNT; k++)
        if (matches(fake_fault_name((enum fake_fault)k), pattern, 1))
            return true;
    for (size_t k = 0; (u = rig_unusual(k)); k++)
        if (matches(u->name, pattern, 1))
            return true;
    return false;
}

static void print_line(const char *label, const char *text)
{
    printf("%*s%-8s", INDENT, "", label);
    rig_text_wrap(stdout, text, INDENT + 8, WIDTH);
}

static void print_fault(enum fake_fault fault)
{
    const char *arg = fake_fault_arg_meaning(fault);

    printf("%s%s%s, %s\n", fake_fault_name(fault), *arg ? "=" : "", arg,
           fake_nature_name(fake_fault_nature(fault)));
    print_line("device", fake_fault_meaning(fault));
    print_line("driver", fake_fault_may(fault));
}

static void print_part(enum fake_part part, char *const *patterns, size_t count)
{
    bool begun = false;

    for (int k = 0; k < FAKE_FAULT_COUNT; k++) {
        enum fake_fault fault = (enum fake_fault)k;

        if (fake_fault_part(fault) != part ||
            !matches(fake_fault_name(fault), patterns, count))
            continue;
        if (!begun)
            printf("# %s\n\n", fake_part_name(part));
        begun = true;
        print_fault(fault);
    }
    if (begun)
        putchar('\n');
}

static void print_unusual(char *const *patterns, size_t count)
{
    const struct rig_unusual *u;
    bool begun = false;

    for (size_t k = 0; (u = rig_unusual(k)); k++) {
        if (!matches(u->name, patterns, count))
            continue;
        if (!begun)
            printf("# unusual but legal, and no fault\n\n");
        begun = true;
        printf("%s\n", u->name);
        print_line("is", u->means);
        if (*u->vector)
            print_line("vector", u->vector);
        if (*u->command)
            print_line("command", u->command);
    }
    if (begun)
        putchar('\n');
}

int cmd_faults(int argc, char **argv)
{
    struct rig_options o = options;
    char *const *patterns;
    size_t count;

    if (rig_options_next(&o, argc, argv) < 0)
        return o.exit_code;
    patterns = argv + o.first;
    count = (size_t)(argc - o.first);
    for (size_t k = 0; k < count; k++)
        if (!is_of_use(patterns + k))
            return rig_complain("faults", "no fault matches '%s'", patterns[k]);
    for (int part = 0; part < FAKE_PART_COUNT; part++)
        print_part((enum fake_part)part, patterns, count);
    print_unusual(patterns, count);
    return RIG_EXIT_PASS;
}
