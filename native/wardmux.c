/*
 * The few calls to the operating system that JavaScript cannot make, as one Node-API addon. Node-API is stable across
 * versions, so the same file loads in Node and in Electron.
 *
 * Every call is made for Linux. On any other system each function gives -ENOTSUP and does nothing: whoever calls decides
 * whether it can go on. No function throws; like libuv's they give 0 or more for success and -errno for a failure. What is
 * not a descriptor (a string, a fraction) is -EINVAL. Prototypes for JavaScript: src/native/addon.ts. Over 400 lines: all of C is one review.
 *
 * Built by tools/native.mjs with the machine's own C compiler; needs a C library and the header of Node-API, nothing else.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <math.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Who is at the other end of a Unix socket. */
struct peer {
  double pid, uid, gid;
};

/* ---- The operating system: one plain function a call, without Node-API. ---- */

#ifdef __linux__
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since Linux 5.9 and 5.11; older headers lack the names. The number is the same on every architecture. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static int failed(void) { return errno > 0 ? -errno : -EIO; }

/* prctl(2), PR_SET_DUMPABLE: no core dump, and no ptrace(2), pidfd_getfd(2), /proc/PID/mem or /proc/PID/fd for others. */
static int set_not_dumpable(void) {
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed();
  return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -EPERM;
}

static int is_dumpable(void) {
  int value = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
  return value < 0 ? failed() : value;
}

/* prlimit(2), RLIMIT_CORE: the soft limit in bytes, INFINITY for none. `pid` 0 is this process. */
static double core_limit(int pid) {
  struct rlimit limit;
  if (prlimit(pid, RLIMIT_CORE, NULL, &limit) != 0) return failed();
  return limit.rlim_cur == RLIM_INFINITY ? INFINITY : (double)limit.rlim_cur;
}

/* Sets the soft limit, not above the hard one, which stays: a program that we start may need it back. */
static int set_core_limit(int pid, double soft) {
  struct rlimit limit;
  if (prlimit(pid, RLIMIT_CORE, NULL, &limit) != 0) return failed();
  /* From 2^63 on a double is more than any file can be, and more than a cast may be given. */
  rlim_t wanted = soft >= 9223372036854775808.0 ? RLIM_INFINITY : (rlim_t)soft;
  limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
  return prlimit(pid, RLIMIT_CORE, &limit, NULL) == 0 ? 0 : failed();
}

/* unix(7), SO_PEERCRED: taken by the kernel when the other end called connect(2). */
static int peer_of(int fd, struct peer *peer) {
  struct ucred found;
  socklen_t size = sizeof found;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &size) != 0) return failed();
  /* A socket of another family has an answer too, which says nobody. */
  if (size != sizeof found || found.pid <= 0) return -ENOTSUP;
  *peer = (struct peer){.pid = found.pid, .uid = found.uid, .gid = found.gid};
  return 0;
}

/* close_range(2): every descriptor from `first` on is closed in a program that this process becomes or starts. */
static int close_on_exec(int first) { return syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0 ? 0 : failed(); }

/* The same for a kernel that does not know close_range: one descriptor after the other, as /proc/self/fd has them. */
static int close_on_exec_each(int first) {
  DIR *folder = opendir("/proc/self/fd");
  if (folder == NULL) return failed();
  int result = 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char *end;
    long fd = strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || *end != '\0' || fd < first) continue;
    int flags = fcntl((int)fd, F_GETFD);
    /* Another thread may have closed it since: then there is nothing to keep back. */
    if (flags < 0 ? errno != EBADF : fcntl((int)fd, F_SETFD, flags | FD_CLOEXEC) != 0 && errno != EBADF) result = failed();
  }
  closedir(folder);
  return result;
}

/* tcgetpgrp(3) on a pty's master: the group of processes in the foreground of its terminal. */
static int foreground_group(int fd) {
  pid_t group = tcgetpgrp(fd);
  return group < 0 ? failed() : group;
}

/* flock(2), exclusive, without waiting: 1 when this open file has the lock now, 0 when another one has it. */
static int try_lock(int fd) {
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return 1;
  return errno == EWOULDBLOCK ? 0 : failed();
}

static int unlock(int fd) { return flock(fd, LOCK_UN) == 0 ? 0 : failed(); }

/* A thread that signals leave alone: they are for the threads that Node has made. */
static int start_thread(pthread_t *thread, void *(*run)(void *), void *data) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(thread, NULL, run, data);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return -error;
}

#else /* not Linux */

static int set_not_dumpable(void) { return -ENOTSUP; }
static int is_dumpable(void) { return -ENOTSUP; }
static double core_limit(int pid) { return (void)pid, -ENOTSUP; }
static int set_core_limit(int pid, double soft) { return (void)pid, (void)soft, -ENOTSUP; }
static int peer_of(int fd, struct peer *peer) { return (void)fd, (void)peer, -ENOTSUP; }
static int close_on_exec(int first) { return (void)first, -ENOTSUP; }
static int close_on_exec_each(int first) { return (void)first, -ENOTSUP; }
static int foreground_group(int fd) { return (void)fd, -ENOTSUP; }
static int try_lock(int fd) { return (void)fd, -ENOTSUP; }
static int unlock(int fd) { return (void)fd, -ENOTSUP; }

#endif

/* ---- Node-API: arguments in, a number out. ---- */

#define MAX_ARGUMENTS 2

/* The arguments as numbers. What is missing or no number is NAN, which no check below lets through. */
static void arguments(napi_env env, napi_callback_info info, double values[MAX_ARGUMENTS]) {
  napi_value given[MAX_ARGUMENTS];
  size_t count = MAX_ARGUMENTS;
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok) count = 0;
  for (size_t i = 0; i < MAX_ARGUMENTS; i++) {
    if (i >= count || napi_get_value_double(env, given[i], &values[i]) != napi_ok) values[i] = NAN;
  }
}

/* True for a whole number that a descriptor or a process can have. */
static bool is_index(double value) { return value >= 0 && value <= INT32_MAX && value == trunc(value); }

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  napi_create_double(env, value, &result);
  return result;
}

/* A function for JavaScript that gives what `call` gives for one descriptor. */
#define OF_DESCRIPTOR(name, call)                                 \
  static napi_value name(napi_env env, napi_callback_info info) { \
    double given[MAX_ARGUMENTS];                                  \
    arguments(env, info, given);                                  \
    return number(env, is_index(given[0]) ? call((int)given[0]) : -EINVAL); \
  }

OF_DESCRIPTOR(js_core_limit, core_limit)
OF_DESCRIPTOR(js_close_on_exec, close_on_exec)
OF_DESCRIPTOR(js_close_on_exec_each, close_on_exec_each)
OF_DESCRIPTOR(js_foreground_group, foreground_group)
OF_DESCRIPTOR(js_try_lock, try_lock)
OF_DESCRIPTOR(js_unlock, unlock)

static napi_value js_set_not_dumpable(napi_env env, napi_callback_info info) { return (void)info, number(env, set_not_dumpable()); }
static napi_value js_is_dumpable(napi_env env, napi_callback_info info) { return (void)info, number(env, is_dumpable()); }

static napi_value js_set_core_limit(napi_env env, napi_callback_info info) {
  double given[MAX_ARGUMENTS];
  arguments(env, info, given);
  return number(env, is_index(given[0]) && given[1] >= 0 ? set_core_limit((int)given[0], given[1]) : -EINVAL);
}

static napi_value js_peer(napi_env env, napi_callback_info info) {
  double given[MAX_ARGUMENTS];
  struct peer peer = {0};
  arguments(env, info, given);
  int result = is_index(given[0]) ? peer_of((int)given[0], &peer) : -EINVAL;
  napi_value object;
  if (result < 0) return number(env, result);
  if (napi_create_object(env, &object) != napi_ok) return NULL;
  napi_set_named_property(env, object, "pid", number(env, peer.pid));
  napi_set_named_property(env, object, "uid", number(env, peer.uid));
  napi_set_named_property(env, object, "gid", number(env, peer.gid));
  return object;
}

/* ---- flock that waits, in a thread of its own: libuv has four for all files, and four waiters would stop them all. ---- */

#ifdef __linux__

struct wait {
  /* A duplicate of the caller's descriptor, so that its number cannot become another file's in the meantime. */
  int fd;
  int result;
  napi_deferred promise;
  napi_threadsafe_function done;
};

/* In JavaScript's thread. `env` is NULL when the process is already ending. */
static void answer_wait(napi_env env, napi_value function, void *context, void *data) {
  (void)function, (void)context;
  struct wait *wait = data;
  if (env != NULL) napi_resolve_deferred(env, wait->promise, number(env, wait->result));
  free(wait);
}

static void *wait_for_lock(void *data) {
  struct wait *wait = data;
  napi_threadsafe_function done = wait->done;
  int result;
  do result = flock(wait->fd, LOCK_EX) == 0 ? 0 : failed();
  while (result == -EINTR);
  wait->result = result;
  /* The lock belongs to the open file: it stays with the caller's descriptor, and goes at once if that was closed. */
  close(wait->fd);
  if (napi_call_threadsafe_function(done, wait, napi_tsfn_nonblocking) != napi_ok) free(wait);
  else napi_release_threadsafe_function(done, napi_tsfn_release);
  return NULL;
}

static int start_waiting(struct wait *wait) {
  pthread_t thread;
  int result = start_thread(&thread, wait_for_lock, wait);
  if (result == 0) pthread_detach(thread);
  return result;
}

/* A promise of 0, or of -errno. */
static napi_value js_lock(napi_env env, napi_callback_info info) {
  double given[MAX_ARGUMENTS];
  napi_value promise, name;
  napi_deferred deferred;
  arguments(env, info, given);
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return NULL;
  struct wait *wait = calloc(1, sizeof *wait);
  int result = wait == NULL ? -ENOMEM : !is_index(given[0]) ? -EINVAL : 0;
  if (result == 0) {
    wait->promise = deferred;
    wait->fd = fcntl((int)given[0], F_DUPFD_CLOEXEC, 3);
    result = wait->fd < 0 ? failed() : 0;
  }
  if (result == 0) {
    napi_create_string_utf8(env, "wardmux flock", NAPI_AUTO_LENGTH, &name);
    napi_status made = napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, answer_wait, &wait->done);
    /* Waiting does not keep a process from ending: whoever waits has a timer. */
    if (made == napi_ok) napi_unref_threadsafe_function(env, wait->done);
    result = made == napi_ok ? start_waiting(wait) : -ENOMEM;
    if (made == napi_ok && result != 0) napi_release_threadsafe_function(wait->done, napi_tsfn_abort);
    if (result != 0) close(wait->fd);
  }
  if (result != 0) {
    free(wait);
    napi_resolve_deferred(env, deferred, number(env, result));
  }
  return promise;
}

/*
 * ---- A thread that reads a pty's master into a ring, for a process that seals what one program prints. ----
 * The kernel holds little for it, and a program that prints sleeps until somebody reads: so the thread does nothing else. It
 * alone moves `head`; the owner, JavaScript's thread, wipes what it took and moves `tail`. Both count all bytes ever.
 */

/* No read gives more: N_TTY_BUF_SIZE. With less room the thread waits. */
#define READ_ROOM 4096

struct reader {
  pthread_t thread;
  pthread_mutex_t lock;
  int master, kick; /* `kick` is an eventfd(2): it ends whatever the thread waits for. */
  uint8_t *ring;
  size_t size, batch;
  uint64_t head, tail;
  size_t wanted; /* What the owner waits for, 0 while it does not. */
  bool full, ended, over, look, closing;
  napi_ref memory;
  napi_threadsafe_function wake;
};

/* Waits for the kick, and for the master where it is given. */
static void wait_for(struct reader *reader, int master) {
  struct pollfd fds[] = {{.fd = reader->kick, .events = POLLIN}, {.fd = master, .events = POLLIN}};
  eventfd_t kicks;
  if (poll(fds, 2, -1) > 0 && fds[0].revents != 0) eventfd_read(reader->kick, &kicks);
}

static void *read_master(void *data) {
  struct reader *reader = data;
  pthread_mutex_lock(&reader->lock);
  while (!reader->closing) {
    size_t at = (size_t)(reader->head % reader->size), room = reader->size - (size_t)(reader->head - reader->tail);
    bool look = reader->look;
    reader->full = room < READ_ROOM;
    bool rest = reader->full || reader->over;
    pthread_mutex_unlock(&reader->lock);
    if (rest) {
      wait_for(reader, -1);
      pthread_mutex_lock(&reader->lock);
      continue;
    }
    ssize_t count = read(reader->master, reader->ring + at, room < reader->size - at ? room : reader->size - at);
    /* EAGAIN: nothing at the moment. EIO (hung up) twice: nothing ever. The kernel looks for output first: some may have come before the end. */
    bool empty = count < 0 && errno == EAGAIN, ended = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    pthread_mutex_lock(&reader->lock);
    if (count > 0) reader->head += (uint64_t)count;
    bool over = reader->over = ended && reader->ended;
    reader->ended = ended;
    size_t held = (size_t)(reader->head - reader->tail);
    bool tell = reader->wanted > 0 && (over || held >= reader->batch || (empty && held >= reader->wanted));
    bool looked = look && (empty || over);
    if (tell) reader->wanted = 0;
    if (looked) reader->look = false;
    pthread_mutex_unlock(&reader->lock);
    if (tell || looked) napi_call_threadsafe_function(reader->wake, looked ? reader : NULL, napi_tsfn_nonblocking);
    if (empty) wait_for(reader, reader->master);
    pthread_mutex_lock(&reader->lock);
  }
  pthread_mutex_unlock(&reader->lock);
  close(reader->master);
  explicit_bzero(reader->ring, reader->size);
  napi_release_threadsafe_function(reader->wake, napi_tsfn_release);
  return NULL;
}

/* In JavaScript's thread: `wake` with 1 where the thread has looked, as it was asked to. */
static void wake_owner(napi_env env, napi_value function, void *context, void *looked) {
  (void)context;
  napi_value self, argument = env == NULL ? NULL : number(env, looked != NULL);
  if (argument != NULL && napi_get_undefined(env, &self) == napi_ok) napi_call_function(env, self, function, 1, &argument, NULL);
}

static void order(struct reader *reader, bool *what) {
  pthread_mutex_lock(&reader->lock);
  *what = true;
  pthread_mutex_unlock(&reader->lock);
  eventfd_write(reader->kick, 1);
}

/* The handle is gone, so nobody can ask for anything any more. */
static void end_reader(napi_env env, void *data, void *hint) {
  struct reader *reader = data;
  (void)hint;
  order(reader, &reader->closing);
  pthread_join(reader->thread, NULL);
  napi_delete_reference(env, reader->memory);
  close(reader->kick);
  pthread_mutex_destroy(&reader->lock);
  free(reader);
}

/* startReading(master, ring, batch, wake): a handle, or -errno. The master is the thread's from then on, which closes it. */
static napi_value js_start_reading(napi_env env, napi_callback_info info) {
  napi_value given[4], handle, name;
  napi_typedarray_type type;
  double master = NAN, batch = NAN;
  size_t count = 4;
  struct reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return number(env, -ENOMEM);
  bool valid = napi_get_cb_info(env, info, &count, given, NULL, NULL) == napi_ok && count == 4 &&
               napi_get_value_double(env, given[0], &master) == napi_ok && is_index(master) &&
               napi_get_typedarray_info(env, given[1], &type, &reader->size, (void **)&reader->ring, NULL, NULL) == napi_ok && type == napi_uint8_array &&
               napi_get_value_double(env, given[2], &batch) == napi_ok && is_index(batch) && batch > 0 && batch <= (double)reader->size - READ_ROOM;
  int result = valid ? 0 : -EINVAL;
  if (result == 0) {
    reader->master = (int)master;
    reader->batch = (size_t)batch;
    int flags = fcntl(reader->master, F_GETFL);
    result = flags < 0 ? failed() : (flags & O_NONBLOCK) == 0 ? -EINVAL : 0;
  }
  if (result == 0) {
    reader->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = reader->kick < 0 ? failed() : 0;
  }
  if (result < 0) {
    free(reader);
    return number(env, result);
  }
  pthread_mutex_init(&reader->lock, NULL);
  napi_create_string_utf8(env, "wardmux reader", NAPI_AUTO_LENGTH, &name);
  bool waking = napi_create_threadsafe_function(env, given[3], NULL, name, 0, 1, NULL, NULL, NULL, wake_owner, &reader->wake) == napi_ok;
  bool held = waking && napi_create_reference(env, given[1], 1, &reader->memory) == napi_ok;
  result = held ? start_thread(&reader->thread, read_master, reader) : -ENOMEM;
  if (result == 0 && napi_create_external(env, reader, end_reader, NULL, &handle) == napi_ok) return handle;
  if (result == 0) end_reader(env, reader, NULL);
  else {
    if (held) napi_delete_reference(env, reader->memory);
    if (waking) napi_release_threadsafe_function(reader->wake, napi_tsfn_abort);
    close(reader->kick);
    free(reader);
  }
  return number(env, result < 0 ? result : -ENOMEM);
}

/* The reader of a call's first argument; the numbers behind it go to `values`. NULL where it is none. */
static struct reader *reader_of(napi_env env, napi_callback_info info, double values[2]) {
  napi_value given[3];
  size_t count = 3;
  void *reader = NULL;
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok || napi_get_value_external(env, given[0], &reader) != napi_ok) return NULL;
  for (size_t i = 0; i < 2; i++)
    if (napi_get_value_double(env, given[i + 1], &values[i]) != napi_ok) values[i] = NAN;
  return reader;
}

/* readerTake(handle, taken, wanted): the bytes held, or -1 - held where nothing more will come; `wake` is called for `wanted`. */
static napi_value js_reader_take(napi_env env, napi_callback_info info) {
  double values[2];
  struct reader *reader = reader_of(env, info, values);
  if (reader == NULL || !is_index(values[0]) || !is_index(values[1])) return NULL;
  pthread_mutex_lock(&reader->lock);
  reader->tail += (uint64_t)values[0];
  size_t held = (size_t)(reader->head - reader->tail), wanted = (size_t)values[1];
  bool over = reader->over, full = reader->full && reader->size - held >= READ_ROOM;
  reader->wanted = over || held >= wanted ? 0 : wanted;
  if (full) reader->full = false;
  pthread_mutex_unlock(&reader->lock);
  if (full) eventfd_write(reader->kick, 1);
  return number(env, over ? -1.0 - (double)held : (double)held);
}

/* readerOrder(handle, close): to close, or else to look whether there is more and then to call `wake` with 1. */
static napi_value js_reader_order(napi_env env, napi_callback_info info) {
  double values[2];
  struct reader *reader = reader_of(env, info, values);
  if (reader != NULL) order(reader, values[0] == 1 ? &reader->closing : &reader->look);
  return number(env, reader == NULL ? -EINVAL : 0);
}

#else

static napi_value js_lock(napi_env env, napi_callback_info info) {
  napi_value promise;
  napi_deferred deferred;
  (void)info;
  if (napi_create_promise(env, &deferred, &promise) != napi_ok) return NULL;
  napi_resolve_deferred(env, deferred, number(env, -ENOTSUP));
  return promise;
}

static napi_value js_start_reading(napi_env env, napi_callback_info info) { return (void)info, number(env, -ENOTSUP); }
static napi_value js_reader_take(napi_env env, napi_callback_info info) { return (void)info, number(env, -ENOTSUP); }
static napi_value js_reader_order(napi_env env, napi_callback_info info) { return (void)info, number(env, -ENOTSUP); }

#endif

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"setNotDumpable", js_set_not_dumpable},
      {"isDumpable", js_is_dumpable},
      {"coreLimit", js_core_limit},
      {"setCoreLimit", js_set_core_limit},
      {"peer", js_peer},
      {"closeOnExec", js_close_on_exec},
      {"closeOnExecEach", js_close_on_exec_each},
      {"foregroundGroup", js_foreground_group},
      {"tryLock", js_try_lock},
      {"lock", js_lock},
      {"unlock", js_unlock},
      {"startReading", js_start_reading},
      {"readerTake", js_reader_take},
      {"readerOrder", js_reader_order},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
      napi_throw_error(env, NULL, "The native part of Wardmux could not be set up.");
      return NULL;
    }
  }
  return exports;
}
