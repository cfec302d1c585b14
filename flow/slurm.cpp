// SPDX-License-Identifier: Apache-2.0
#include "flow/slurm.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <thread>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/output_folder.hpp"
#include "base/process_name.hpp"
#include "base/progress.hpp"
#include "flow/gates.hpp"
#include "flow/shell_word.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

/// Between looks at the queue: a controller that serves thousands is not to be asked often.
constexpr std::chrono::milliseconds first_pause{500}, longest_pause{10000};

std::string text_of(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return "";
  const Bytes bytes = read_file(file);
  return {bytes.begin(), bytes.end()};
}

std::string last_line(const std::filesystem::path& file) {
  std::istringstream in(text_of(file));
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  return last.empty() ? "it says nothing" : last;
}

void require_word(const std::string& value, const std::string& shown, const char* allowed,
                  const char* example) {
  WD_REQUIRE(!value.empty() && value.find_first_not_of(allowed) == std::string::npos, shown, ": '", value,
             "' is not what sbatch takes; ", example);
}

/// Before any folder is made.
void require_controller() {
  const std::filesystem::path log =
      std::filesystem::temp_directory_path() / ("whitedwarf-sinfo-" + process_name() + ".log");
  std::string why;
  try {
    run_tool({"sinfo", "--noheader", "--format=%P"}, log);
  } catch (const Error&) {
    why = last_line(log);
  }
  std::filesystem::remove(log);
  WD_REQUIRE(why.empty(), "--slurm: no controller of Slurm answers (", why,
             "); start one (Debian's package slurm-wlm) or name its SLURM_CONF, or leave --slurm out; "
             "--slurm-dry-run prints the script");
}

class SlurmRun {
 public:
  SlurmRun(const SlurmOptions& options, const SlurmCommand& command, Context& context)
      : options_(options),
        command_(command),
        context_(context),
        folder_(command.out / "slurm"),
        script_(slurm_script(options, command)),
        progress_("slurm tasks", options.tasks) {}

  void run() {
    OutputFolder held(folder_);  // one process submits
    held.make();
    std::vector<unsigned> tasks(options_.tasks);
    for (unsigned i = 0; i < options_.tasks; ++i) tasks[i] = i;
    unsigned attempt = 1;
    if (!attach(tasks, attempt)) submit(tasks, attempt);
    for (;; ++attempt) {
      wait(tasks);
      std::vector<unsigned> failed;
      std::copy_if(tasks.begin(), tasks.end(), std::back_inserter(failed),
                   [&](unsigned task) { return !succeeded(task); });
      if (failed.empty()) break;
      report(failed, attempt);
      tasks = failed;
      submit(tasks, attempt + 1);
    }
    std::filesystem::remove(folder_ / "state.json");
    for (unsigned task = 0; task < options_.tasks; ++task) std::filesystem::remove(exit_file(task));
  }

 private:
  std::filesystem::path log_file(unsigned task) const { return folder_ / text("task_", task, ".log"); }
  std::filesystem::path exit_file(unsigned task) const { return folder_ / text("task_", task, ".exit"); }

  /// Whether a job of this command was submitted before, and by whom is of no matter.
  bool attach(std::vector<unsigned>& tasks, unsigned& attempt) {
    const std::filesystem::path file = folder_ / "state.json";
    if (!std::filesystem::exists(file)) return false;
    const json value = parse_json(read_file(file), file.string() + ":");
    JsonReader reader(value, file.string());
    job_ = reader.get<std::string>("job");
    const auto script = reader.get<std::string>("script");
    const auto kept = reader.get<std::vector<unsigned>>("tasks");
    const auto number = reader.get<unsigned>("attempt");
    reader.refuse_unknown();
    if (script == script_) {
      tasks = kept;
      attempt = number;
      context_.say(text("slurm: job ", job_, " is of this command; waiting for it"));
      return true;
    }
    WD_REQUIRE(queued() == std::set<unsigned>(), folder_.string(), ": job ", job_,
               " of another command is still in Slurm's queue; wait for it, or end it by `scancel ", job_,
               "`");
    return false;
  }

  void submit(const std::vector<unsigned>& tasks, unsigned attempt) {
    for (const unsigned task : tasks) std::filesystem::remove(exit_file(task));
    if (attempt == 1)
      for (const unsigned task : tasks) std::filesystem::remove(log_file(task));
    write_file(folder_ / "job.sh", script_);
    const std::filesystem::path log = folder_ / "sbatch.log";
    try {
      run_tool({"sbatch", "--parsable", "--array=" + slurm_array(tasks), (folder_ / "job.sh").string()}, log);
    } catch (const Error&) {
      if (attempt == 1)  // nothing came of it: its last lines are in the message
        for (const std::filesystem::path& file : {folder_ / "job.sh", log}) std::filesystem::remove(file);
      throw;
    }
    const std::string said = last_line(log);
    job_ = said.substr(0, said.find(';'));  // a cluster's name may follow
    WD_REQUIRE(!job_.empty() && job_.find_first_not_of("0123456789") == std::string::npos, "sbatch says '",
               said, "', which is no job's number; see ", log.string());
    write_json(folder_ / "state.json",
               json({{"job", job_}, {"script", script_}, {"tasks", tasks}, {"attempt", attempt}}));
    context_.say(text("slurm: job ", job_, ", ", tasks.size(), tasks.size() == 1 ? " task" : " tasks",
                      attempt == 1 ? std::string() : text(", attempt ", attempt, " of ", options_.attempts)));
  }

  /// Which tasks of the job the queue has; none: it does not answer.
  std::optional<std::set<unsigned>> queued() {
    const std::filesystem::path log = folder_ / "squeue.log";
    try {
      run_tool({"squeue", "--noheader", "--array", "--jobs=" + job_, "--format=%K"}, log);
    } catch (const Error& error) {
      // A job that ended long ago is forgotten.
      if (text_of(log).find("Invalid job id") != std::string::npos) return std::set<unsigned>();
      if (!std::exchange(silent_, true))
        context_.say(text("slurm: squeue does not answer (", error.what(), "); asking again"));
      return std::nullopt;
    }
    silent_ = false;
    std::set<unsigned> tasks;
    std::istringstream in(text_of(log));
    for (unsigned task; in >> task;) tasks.insert(task);
    return tasks;
  }

  void wait(const std::vector<unsigned>& tasks) {
    std::chrono::milliseconds pause = first_pause;
    for (int absent = 0; absent < 3;) {
      context_.check_stop(stopped().c_str());
      std::this_thread::sleep_for(pause);
      pause = std::min(longest_pause, pause + pause / 4);
      const std::optional<std::set<unsigned>> left = queued();
      if (!left) continue;
      const auto done =
          std::count_if(tasks.begin(), tasks.end(), [&](unsigned task) { return succeeded(task); });
      progress_.update(static_cast<double>(options_.tasks - tasks.size()) + static_cast<double>(done));
      if (!left->empty()) continue;
      // A shared folder may show a task's last file late.
      if (static_cast<std::size_t>(done) == tasks.size()) return;
      pause = first_pause;
      ++absent;
    }
  }

  std::string stopped() const {
    return text("interrupted; Slurm's job ", job_, " goes on: the same command waits for it again, `scancel ",
                job_, "` ends it");
  }

  bool succeeded(unsigned task) const { return text_of(exit_file(task)) == "0\n"; }

  void report(const std::vector<unsigned>& failed, unsigned attempt) {
    std::string all;
    for (const unsigned task : failed) {
      const std::string status = text_of(exit_file(task));
      const std::string how = status.empty() ? "was killed or never ran"
                                             : "ended with status " + status.substr(0, status.find('\n'));
      const std::string line = text("task ", task, " ", how, ": ", last_line(log_file(task)));
      context_.say(text("slurm: job ", job_, ": ", line));
      if (all.empty()) all = line;
    }
    if (attempt < options_.attempts) return;
    std::filesystem::remove(folder_ / "state.json");
    fail(command_.out.string(), ": ", failed.size(), " of ", options_.tasks,
         " Slurm tasks failed at each of ", options_.attempts, " attempts; ", all, " (",
         log_file(failed.front()).string(), "); the same command submits them again");
  }

  const SlurmOptions& options_;
  const SlurmCommand& command_;
  Context& context_;
  std::filesystem::path folder_;
  std::string script_, job_;
  Progress progress_;
  bool silent_ = false;
};

}  // namespace

void SlurmOptions::declare(OptionSink& sink) {
  constexpr const char* words = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,-";
  const auto word = [&](const char* name, std::string& value, const char* allowed, const char* example,
                        const char* help, const char* otherwise) {
    sink.add({name, help, otherwise, Takes::text(example),
              [=, &value](const std::string& given, const std::string& shown) {
                require_word(given, shown, allowed, example);
                value = given;
              }});
  };
  sink.flag("slurm", use,
            "share the work among tasks of a Slurm job array; --out is on a folder that all see");
  word("slurm-partition", partition, words, "like main", "partition", "the cluster's");
  word("slurm-time", time, "0123456789:-", "like 90, 01:30:00 or 2-00:00:00", "longest time of a task",
       "the cluster's");
  word("slurm-memory", memory, "0123456789KMGT", "like 4G", "memory of a task", "the cluster's");
  sink.whole("slurm-tasks", tasks, 1, 10000, "size of the array");
  sink.whole("slurm-cores", cores, 1, 1024, "cores, so threads, of a task");
  sink.whole("slurm-attempts", attempts, 1, 100, "how often a task that fails is tried");
  sink.flag("slurm-dry-run", dry_run, "print the script for sbatch, do nothing");
  for (const char* name :
       {"slurm-partition", "slurm-time", "slurm-memory", "slurm-tasks", "slurm-cores", "slurm-attempts"})
    sink.need(name, {"slurm", "slurm-dry-run"});
  sink.call_values({{"slurm-partition", "NAME"}, {"slurm-time", "TIME"}, {"slurm-memory", "SIZE"}});
}

std::string slurm_array(const std::vector<unsigned>& tasks) {
  std::string out;
  for (std::size_t first = 0; first < tasks.size();) {
    std::size_t last = first;
    while (last + 1 < tasks.size() && tasks[last + 1] == tasks[last] + 1) ++last;
    out += text(out.empty() ? "" : ",", tasks[first], last == first ? "" : text("-", tasks[last]));
    first = last + 1;
  }
  return out;
}

std::string slurm_script(const SlurmOptions& options, const SlurmCommand& command) {
  std::vector<unsigned> all(options.tasks);
  for (unsigned i = 0; i < options.tasks; ++i) all[i] = i;
  std::ostringstream out;
  out << "#!/bin/bash\n#SBATCH --job-name=whitedwarf\n#SBATCH --array=" << slurm_array(all)
      << "\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=" << options.cores << '\n';
  if (!options.partition.empty()) out << "#SBATCH --partition=" << options.partition << '\n';
  if (!options.time.empty()) out << "#SBATCH --time=" << options.time << '\n';
  if (!options.memory.empty()) out << "#SBATCH --mem=" << options.memory << '\n';
  const std::string task =
      std::filesystem::absolute(command.out / "slurm").lexically_normal().string() + "/task_";
  // The logs are not sbatch's --output: its patterns would read a % of the folder's name.
  out << "#SBATCH --output=/dev/null\n#SBATCH --requeue\ntask=" << shell_word(task)
      << "$SLURM_ARRAY_TASK_ID\nrm -f \"$task.exit\"\nexec >>\"$task.log\" 2>&1 </dev/null\ncd "
      << shell_word(command.folder.string()) << " || exit\n";
  for (const std::string& each : command.words) out << shell_word(each) << ' ';
  out << "--threads " << options.cores
      << "\nstatus=$?\necho $status >\"$task.exit.partial\" && mv \"$task.exit.partial\" "
         "\"$task.exit\"\nexit $status\n";
  return out.str();
}

void run_on_slurm(const SlurmOptions& options, const SlurmCommand& command, Context& context) {
  require_tools({"sbatch", "squeue", "sinfo"}, "--slurm");
  require_controller();
  try {
    OutputFolder folder(command.out, Hold::together);
    folder.make();
    SlurmRun(options, command, context).run();
  } catch (const Error&) {
    std::error_code code;  // folders with something in them stay
    std::filesystem::remove(command.out / "slurm", code);
    std::filesystem::remove(command.out, code);
    throw;
  }
}

}  // namespace wd::flow
