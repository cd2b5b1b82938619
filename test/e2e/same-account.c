/*
 * What a program can try against another one of its account: `same-account PID`. One line an attempt, its name and `ok` or
 * errno's number. It reads and takes nothing but one byte or one descriptor, and lets go of it at once.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Since Linux 5.3 and 5.6; the same on every architecture. */
#define PIDFD_OPEN 434
#define PIDFD_GETFD 438

static void tell(const char *name, long result) {
  if (result >= 0) printf("%s ok\n", name);
  else printf("%s %d\n", name, errno);
}

static int open_of(int pid, const char *file, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  return open(path, flags);
}

/* An address that the process has, from its maps; any other where they are refused, which is refused before it is looked up. */
static unsigned long some_address(int pid) {
  char text[64] = "400000";
  int fd = open_of(pid, "maps", O_RDONLY);
  if (fd >= 0 && read(fd, text, sizeof text - 1) < 0) text[0] = '4';
  if (fd >= 0) close(fd);
  return strtoul(text, NULL, 16);
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  int pid = atoi(arguments[1]);
  unsigned long address = some_address(pid);
  char byte;

  long traced = ptrace(PTRACE_SEIZE, pid, 0, 0);
  tell("ptrace", traced);
  if (traced == 0) {
    ptrace(PTRACE_INTERRUPT, pid, 0, 0);
    waitpid(pid, NULL, __WALL);
    ptrace(PTRACE_DETACH, pid, 0, 0);
  }

  struct iovec here = {&byte, 1}, there = {(void *)address, 1};
  tell("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0));

  long pidfd = syscall(PIDFD_OPEN, pid, 0);
  long taken = pidfd < 0 ? pidfd : syscall(PIDFD_GETFD, pidfd, 0, 0);
  tell("pidfd_getfd", taken);

  static const char *const files[] = {"mem", "maps", "environ", "auxv", "fd/0", "map_files"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    int fd = open_of(pid, files[i], O_RDONLY | O_NONBLOCK);
    /* Memory and maps may be refused when they are read only; a terminal's input stays where it is. */
    long result = fd < 0 || i > 1 ? fd : pread(fd, &byte, 1, i == 0 ? (off_t)address : 0);
    tell(files[i], result);
    if (fd >= 0) close(fd);
  }
  tell("write mem", open_of(pid, "mem", O_WRONLY));

  char folder[64];
  snprintf(folder, sizeof folder, "/proc/%d/fd", pid);
  tell("list of fd", opendir(folder) == NULL ? -1 : 0);
  snprintf(folder, sizeof folder, "/proc/%d/exe", pid);
  tell("exe", readlink(folder, &byte, 1));
  snprintf(folder, sizeof folder, "/proc/%d/cwd", pid);
  tell("cwd", readlink(folder, &byte, 1));
  return 0;
}
