// SPDX-License-Identifier: Apache-2.0
#include "cli/form.hpp"

namespace wd::cli {

void CallOptions::declare(flow::OptionSink& sink) {
  sink.flag("json", json, "print JSON on standard output");
  sink.flag("quiet", quiet, "no messages on standard error but errors");
  sink.flag("verbose", verbose, "messages with the time since the start; at the end time and memory taken");
  sink.exclude({"quiet", "verbose"});
  sink.choice("color", color, {"auto", "always", "never"},
              "color of errors; auto: on a terminal, unless $NO_COLOR is set");
  sink.flag("help", help, "print this help");
}

Form::Form(const Command& command) : call(command.make()) {
  call->declare(flags);
  options.declare(flags);
  if (command.shared) slurm.declare(flags);
}

nlohmann::json table_of(const Command& command) {
  nlohmann::json table = Form(command).flags.to_json();
  table.update({{"command", command.name},
                {"summary", command.summary},
                {"first", command.first},
                {"first_is_several", command.several}});
  return table;
}

}  // namespace wd::cli
