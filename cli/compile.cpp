// SPDX-License-Identifier: Apache-2.0
#include "flow/compile.hpp"

#include "cli/command.hpp"
#include "compiler/tables.hpp"

namespace wd::cli {
namespace {

std::string reasons(const flow::CompileResult& r) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::uint64_t idle = 0;
  for (const flow::ExplainedLayer& layer : r.explained) {
    const compiler::LayerReason& reason = layer.reason;
    rows.push_back({{"layer", reason.name},
                    {"weights", reason.weights},
                    {"rows", reason.rows},
                    {"a tile", reason.tile_rows},
                    {"tiles", text(reason.channel_tiles, " x ", reason.tiles)},
                    {"stripes", layer.stripes},
                    {"ahead", reason.ahead},
                    {"beats", reason.beats},
                    {"words", reason.words},
                    {"form", reason.form},
                    {"norm rows", text(reason.norm_rows, reason.norms_resident ? "" : " brought")},
                    {"in", reason.input_rows},
                    {"out", reason.output_rows},
                    {"cycles", layer.cycles},
                    {"idle before", layer.idle},
                    {"why", reason.why}});
    idle += layer.idle;
  }
  const std::string stripes = r.stripes.is_null() ? "" : compiler::tables_text(r.stripes) + "\n";
  return stripes + compiler::tables_text({{"layers", rows}}) +
         text("\ncycles of ",
              r.batch == 1 ? "a random image " : text("a frame of ", r.batch, " random images "), r.cycles,
              ", of which idle before layers ", idle, "\n");
}

std::string show(const flow::CompileOptions& options, const flow::CompileResult& r) {
  if (!r.dumped.is_null()) return compiler::tables_text(r.dumped);
  if (options.explain) return reasons(r);
  return text(r.batch == 1 ? "" : text("frame           ", r.batch, " images\n"), "instructions    ",
              r.instructions, "\nweight rows     ", r.weight_rows,
              r.resident ? ", all on chip" : ", streamed", "\nweight loads    ", r.weight_loads, ", ",
              r.coded_loads, " coded: ", r.coded_beats, " of ", r.weight_beats, " beats\nactivation rows ",
              r.activation_rows, " of ", r.arch.act_rows, ", ", r.activation_rows_unshared,
              " if none were shared", "\nactivations     ", r.activation_beats,
              " beats over the memory port\nmemory image    ", r.memory_bytes, " bytes\nlisting         ",
              options.common.file("program.txt").string(), "\n");
}

}  // namespace

Command compile_command() {
  return make_command(
      "compile", "model.wdz to program.wdp for an architecture",
      "  whitedwarf compile --out run1\n"
      "  whitedwarf compile --out run1 --arch arch.json        with {\"pes_per_group\": 16}\n"
      "  whitedwarf compile --out run1 --batch 4               four images a frame\n"
      "  whitedwarf compile --out run1 --explain               why layers are resident, streamed or in "
      "parts\n"
      "  whitedwarf compile --out run1 --dump-after schedule   also with --json; writes nothing\n",
      flow::compile, show);
}

}  // namespace wd::cli
