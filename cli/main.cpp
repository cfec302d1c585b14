// SPDX-License-Identifier: Apache-2.0
// whitedwarf: one command, subcommands. Messages go to stderr,
// results to stdout; errors are one line, status 1.
#include <fcntl.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

#include "base/error.hpp"
#include "base/one_line.hpp"
#include "cli/command.hpp"
#include "cli/flags.hpp"
#include "flow/slurm.hpp"

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

void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

std::string usage() {
  std::string out =
      "whitedwarf - co-design of sparse, reservoir-computing-like networks and their accelerator\n\n";
  const auto row = [&](const std::string& name, const std::string& summary) {
    out += "  " + name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + summary + "\n";
  };
  for (const Command& command : commands()) row(command.name, command.summary);
  return out +
         "\n`whitedwarf COMMAND --help` shows options and examples. Start with `whitedwarf demo --quick`.\n";
}

/// What --json and --help say is the same for all commands.
struct CallOptions {
  bool json = false, help = false;

  void declare(flow::OptionSink& sink) {
    sink.flag("json", json, "print JSON on standard output");
    sink.flag("help", help, "print this help");
  }
};

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
    if (!one.name.starts_with("slurm") && one.name != "threads" && one.name != "json" && one.name != "papers")
      task.words.push_back(one.word());
  }
  return task;
}

/// A call and what may be given to it.
struct Form {
  explicit Form(const Command& command) : call(command.make()) {
    call->declare(flags);
    options.declare(flags);
    if (command.shared) slurm.declare(flags);
  }

  std::unique_ptr<Call> call;
  CallOptions options;
  flow::SlurmOptions slurm;
  Flags flags;
};

/// What is declared of a command.
nlohmann::json table_of(const Command& command) {
  nlohmann::json table = Form(command).flags.to_json();
  table.update({{"command", command.name},
                {"summary", command.summary},
                {"first", command.first},
                {"first_is_several", command.several}});
  return table;
}

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
  if (options.help)
    return print("whitedwarf " + command.name + " - " + command.summary + "\n\n" + flags.help() +
                 "\nExamples\n" + command.examples);
  flow::Context context(interrupted, say);
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
  print(options.json ? call->json().dump(1) + "\n" : call->text());
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

int run(std::vector<std::string> arguments) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (arguments.empty() || name == "--help" || name == "help") {
    if (arguments.size() == 2 && arguments[1] == "--json") {
      nlohmann::json all = nlohmann::json::array();
      for (const Command& command : commands()) all.push_back(table_of(command));
      print(all.dump(1) + "\n");
    } else {
      print(usage());
    }
    return arguments.empty() ? 1 : 0;
  }
  if (name == "--version") {
    print("whitedwarf " WD_VERSION "\n");
    return 0;
  }
  if (const Command* command = take_command(arguments)) {
    refuse_other_word(*command, arguments);
    run_command(*command, arguments);
    return 0;
  }
  fail("'", name, "' is not a command; `whitedwarf --help` lists them");
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
    std::fprintf(stderr, "error: %s\n", wd::one_line(error.what()).c_str());
    return 1;
  }
}
