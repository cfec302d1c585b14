// SPDX-License-Identifier: Apache-2.0
// whitedwarf: one command, subcommands. Messages go to stderr,
// results to stdout; errors are one line, status 1.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <whitedwarf/version.hpp>

#include "base/error.hpp"
#include "base/one_line.hpp"
#include "base/progress.hpp"
#include "cli/completion.hpp"
#include "cli/fit_width.hpp"
#include "cli/form.hpp"
#include "cli/help.hpp"
#include "cli/lines.hpp"
#include "cli/manual.hpp"
#include "flow/status.hpp"

namespace wd::cli {
namespace {

std::atomic<bool> interrupted{false};

void on_signal(int) { interrupted = true; }

void print(const std::string& text) {
  WD_REQUIRE(std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0,
             "standard output cannot be written");
}

/// A file opened in the place of a stream that is closed would get what is printed: it stays closed, for all that use it.
void fill_closed_streams() {
  for (const int stream : {0, 1, 2})
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

/// Ends a call that only prints what it would do.
struct Printed {};

/// The call as a task of Slurm makes it: what is said to the person who waits, what is made of the results, and where, is not its own.
flow::SlurmCommand task_of(const Command& command, const Flags& flags) {
  flow::SlurmCommand task{{std::filesystem::read_symlink("/proc/self/exe").string()},
                          std::filesystem::current_path(),
                          flow::CommonOptions().out};
  task.words.push_back(command.name);
  for (const Flags::Given& one : flags.given()) {
    if (one.name == "out") task.out = one.value;
    constexpr std::string_view own[] = {"threads", "json", "papers", "quiet", "verbose", "color"};
    if (!one.name.starts_with("slurm") &&
        std::find(std::begin(own), std::end(own), one.name) == std::end(own))
      task.words.push_back(one.word());
  }
  return task;
}

/// What messages of a call look like: what every command takes says so.
class Messages {
 public:
  void set(const CallOptions& options) {
    options_ = options;
    if (options.quiet) Progress::silence();
  }
  void say(const std::string& message) const {
    if (options_.quiet) return;
    std::fprintf(stderr, "%s%s\n", options_.verbose ? stamp().c_str() : "", message.c_str());
  }
  void tell_end() const {
    if (!options_.verbose) return;
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const double processor = seconds(used.ru_utime) + seconds(used.ru_stime);
    say(line("done; %.1f s of the processors, %.0f MiB of memory at most", processor,
             static_cast<double>(used.ru_maxrss) / 1024));
  }
  void tell_error(const std::string& what) const {
    const bool colored = is_colored();
    std::fprintf(stderr, "%serror:%s %s\n", colored ? "\033[1;31m" : "", colored ? "\033[0m" : "",
                 what.c_str());
  }

 private:
  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  }
  std::string stamp() const {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start_;
    return line("[%8.1f s] ", since.count());
  }
  bool is_colored() const {
    if (options_.color != "auto") return options_.color == "always";
    const char* const none = std::getenv("NO_COLOR");  // https://no-color.org
    return (none == nullptr || *none == '\0') && ::isatty(STDERR_FILENO) == 1;
  }

  CallOptions options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Messages messages;

void run_command(const Command& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  if (!command.first.empty() && !words.empty() && !words.front().starts_with('-')) {
    if (command.several) words[0] = flow::list_item(words[0]);
    while (command.several && words.size() > 1 && !words[1].starts_with('-')) {
      words[0] += "," + flow::list_item(words[1]);
      words.erase(words.begin() + 1);
    }
    words.insert(words.begin(), "--" + command.first);
  }
  Form form(command);
  auto& [call, options, slurm_options, flags] = form;
  const flow::SlurmOptions& slurm = slurm_options;  // clang 14 lets no lambda take a structured binding
  flags.parse(command.name, words);
  if (options.help && options.json) return print(table_of(command).dump(1) + "\n");
  if (options.help) return print(command_help(command));
  messages.set(options);
  flow::Context context(interrupted, [](const std::string& message) { messages.say(message); });
  const flow::SlurmCommand task = task_of(command, flags);
  if (slurm.dry_run)
    context.on_work([&] {
      print(flow::slurm_script(slurm, task));
      throw Printed();
    });
  else if (slurm.use)
    context.on_work([&] { flow::run_on_slurm(slurm, task, context); });
  try {
    call->run(context);
  } catch (const Printed&) {
    return;
  } catch (const std::exception& error) {
    if (options.json) print(nlohmann::json({{"error", one_line(error.what())}}).dump(1) + "\n");
    throw;
  }
  const std::size_t width = terminal_width();
  print(options.json ? call->json().dump(1) + "\n"
        : width != 0 ? fit_width(call->text(), width)
                     : call->text());
  messages.tell_end();
}

/// The command that the arguments begin with, one of two words before one of one; takes the words away.
const Command* take_command(std::vector<std::string>& arguments) {
  for (const std::size_t words : {2, 1})
    for (const Command& command : commands()) {
      if (arguments.size() < words) continue;
      const std::string name = words == 1 ? arguments[0] : arguments[0] + " " + arguments[1];
      if (command.name != name) continue;
      arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(words));
      return &command;
    }
  return nullptr;
}

/// `bench speed`, where there are `bench train` and `bench codec`.
void refuse_other_word(const Command& command, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0].starts_with('-')) return;
  std::string known;
  for (const Command& other : commands())
    if (other.name.starts_with(command.name + " "))
      known += (known.empty() ? "" : " or ") + other.name.substr(command.name.size() + 1);
  WD_REQUIRE(known.empty(), command.name, ": '", arguments[0], "' is unknown; it can be ", known);
}

std::string all_tables() {
  nlohmann::json all = nlohmann::json::array();
  for (const Command& command : commands()) all.push_back(table_of(command));
  return all.dump(1) + "\n";
}

/// What no command is called: the remedy is the list of commands.
[[noreturn]] void refuse_name(const std::string& name) {
  fail("'", name, "' is not a command; `whitedwarf --help` lists them");
}

/// `help` and the words behind it.
void run_help(std::vector<std::string> arguments) {
  if (arguments.empty()) return print(usage());
  const std::string word = arguments[0];
  if (word == "--json" && arguments.size() == 1) return print(all_tables());
  if (word == "--completion" || word == "--man") {
    const bool is_page = word == "--man";
    const std::string value = arguments.size() == 2 ? arguments[1] : "";
    if (is_page) {
      WD_REQUIRE(!value.empty(), "help --man: names the folder for the pages, `whitedwarf help --man man1`");
      write_manual(value);
      return;
    }
    WD_REQUIRE(value == "bash" || value == "zsh", "help --completion is '", value,
               "', must be one of bash,zsh");
    return print(value == "bash" ? bash_completion() : zsh_completion());
  }
  const Command* const command = take_command(arguments);
  if (command == nullptr) refuse_name(word);
  refuse_other_word(*command, arguments);
  WD_REQUIRE(arguments.empty(), "help: '", arguments[0], "' is one word too many; give `whitedwarf help ",
             command->name, "`");
  print(command_help(*command));
}

/// What to do next where the folder of all examples is there; nothing where it is not, or cannot be told.
std::string here() {
  std::error_code code;
  const flow::StatusOptions options;
  if (!std::filesystem::is_directory(options.out, code)) return "";
  try {
    flow::Context context(interrupted);
    const flow::StatusResult result = flow::status(options, context);
    return result.next.empty() ? ""
                               : text("In ", options.out.string(), " next: `", result.next,
                                      "`; `whitedwarf status` shows what is there.\n");
  } catch (const std::exception&) {
    return "";
  }
}

int run(std::vector<std::string> arguments) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (arguments.empty()) {
    print(usage() + here());
    return 1;
  }
  if (name == "--help" || name == "-h" || name == "help") {
    run_help({arguments.begin() + 1, arguments.end()});
    return 0;
  }
  if (name == "--version") {
    print(std::string("whitedwarf ") + whitedwarf::version + "\n");
    return 0;
  }
  if (const Command* command = take_command(arguments)) {
    refuse_other_word(*command, arguments);
    run_command(*command, arguments);
    return 0;
  }
  refuse_name(name);
}

}  // namespace
}  // namespace wd::cli

int main(int argc, char** argv) {
  wd::cli::fill_closed_streams();
  std::signal(SIGINT, wd::cli::on_signal);
  std::signal(SIGTERM, wd::cli::on_signal);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails instead, and its partial file is removed
  try {
    return wd::cli::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    wd::cli::messages.tell_error(wd::one_line(error.what()));
    return 1;
  }
}
