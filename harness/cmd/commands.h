/* SPDX-License-Identifier: MIT
 *
 * commands.h: the commands of the tool. Each gets its own name as argv[0] and
 * returns the exit code of the process (enum rig_exit).
 */
#ifndef RIG_COMMANDS_H
#define RIG_COMMANDS_H

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_clauses(int argc, char **argv);
int cmd_faults(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_blk(int argc, char **argv);
int cmd_play(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_snd(int argc, char **argv);
int cmd_audio(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_bench(int argc, char **argv);

#endif
