// SPDX-License-Identifier: Apache-2.0
#include "python/long_work.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "base/progress.hpp"
#include "flow/chip.hpp"

namespace wd::python {
namespace {

namespace py = pybind11;

std::atomic<bool> interrupted{false};
void on_signal(int) { interrupted = true; }

/// Takes SIGINT from Python for a while. Not where Ctrl-C is ignored or ends the process: Python has no handler then.
class Interrupts {
 public:
  Interrupts() {
    interrupted = false;
    struct sigaction own {};
    own.sa_handler = on_signal;
    sigaction(SIGINT, nullptr, &former_);
    taken_ = former_.sa_handler != SIG_IGN && former_.sa_handler != SIG_DFL;
    if (taken_) sigaction(SIGINT, &own, nullptr);
  }
  ~Interrupts() {
    if (taken_) sigaction(SIGINT, &former_, nullptr);
  }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  struct sigaction former_ {};
  bool taken_ = false;
};

/// Python's side of one piece of work.
class Told {
 public:
  explicit Told(const py::object& progress) : progress_(progress) {}

  void progress(const std::string& label, double share, const std::string& note) {
    call([&] { progress_(label, share, note); });
  }
  void say(const std::string& line) {
    call([&] { py::module_::import("logging").attr("getLogger")("whitedwarf").attr("info")("%s", line); });
  }
  void rethrow() {
    if (raised_) std::rethrow_exception(raised_);
  }

 private:
  /// A process that the work made has nobody who would give it Python's lock.
  template <typename Function>
  void call(Function function) {
    if (getpid() != process_) return;
    const py::gil_scoped_acquire lock;
    if (raised_) return;
    try {
      function();
    } catch (...) {
      raised_ = std::current_exception();
      interrupted = true;
    }
  }

  const py::object& progress_;
  const pid_t process_ = getpid();
  std::exception_ptr raised_;
};

std::mutex working;
std::atomic<std::thread::id> worker;

/// The last program's engines, of which SystemC's can be made once only, stay for the next call. Never destroyed: SystemC's own globals may be gone by then.
std::shared_ptr<flow::Chip>& last_chip() {
  static auto* const chip = new std::shared_ptr<flow::Chip>;
  return *chip;
}

/// @return what the work threw; whether SIGINT came goes to `stopped`
std::exception_ptr work_alone(Told& told, bool listens, const std::function<void(flow::Context&)>& work,
                              bool& stopped) {
  const std::lock_guard alone(working);
  const Interrupts interrupts;
  ProgressListener listener;
  if (listens)
    listener = [&](const std::string& label, double share, const std::string& note) {
      told.progress(label, share, note);
    };
  const ListenToProgress listening(std::move(listener));
  flow::Context context(interrupted, [&](const std::string& line) { told.say(line); });
  context.chip = std::move(last_chip());
  worker = std::this_thread::get_id();
  std::exception_ptr failed;
  try {
    work(context);
  } catch (...) {
    failed = std::current_exception();
  }
  worker = std::thread::id();
  last_chip() = std::move(context.chip);
  stopped = interrupted;
  return failed;
}

}  // namespace

void do_long_work(const py::object& progress, const std::function<void(flow::Context&)>& work) {
  WD_REQUIRE(worker.load() != std::this_thread::get_id(),
             "a progress function calls whitedwarf, whose work it is told of; call it afterwards");
  WD_REQUIRE(progress.is_none() || PyCallable_Check(progress.ptr()) != 0, "progress is ",
             py::repr(progress).cast<std::string>(), ", must be a function of (label, share, note)");
  Told told(progress);
  std::exception_ptr failed;
  bool stopped = false;
  const bool listens = !progress.is_none();
  {
    const py::gil_scoped_release unlocked;
    failed = work_alone(told, listens, work, stopped);
  }
  told.rethrow();
  if (stopped) {
    PyErr_SetInterrupt();
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  if (failed) std::rethrow_exception(failed);
}

}  // namespace wd::python
