// SPDX-License-Identifier: Apache-2.0
#include "testbench/fuzz/seeds.hpp"

#include "base/error.hpp"

namespace wd::fuzz {
namespace {

using Maker = std::vector<Bytes> (*)();

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> table{{"checkpoint", checkpoint_seeds},
                                                  {"container", container_seeds},
                                                  {"code_table", code_table_seeds},
                                                  {"weight_stream", weight_stream_seeds},
                                                  {"coded_burst", coded_burst_seeds},
                                                  {"compressed_model", compressed_model_seeds},
                                                  {"model", model_seeds},
                                                  {"program", program_seeds},
                                                  {"program_text", program_text_seeds},
                                                  {"recording", recording_seeds},
                                                  {"power_table", power_table_seeds},
                                                  {"forest", forest_seeds},
                                                  {"safetensors", safetensors_seeds},
                                                  {"onnx", onnx_seeds},
                                                  {"idx", idx_seeds},
                                                  {"cifar_sheet", cifar_sheet_seeds},
                                                  {"jpeg", jpeg_seeds},
                                                  {"npy", npy_seeds},
                                                  {"picture", picture_seeds},
                                                  {"train_config", train_config_seeds}};
  return table;
}

}  // namespace

std::vector<Bytes> seeds_of(const std::string& target) {
  const auto found = makers().find(target);
  WD_REQUIRE(found != makers().end(), "fuzz: there is no target '", target, "'");
  return found->second();
}

const std::vector<std::string>& targets() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& [name, maker] : makers()) list.push_back(name);
    return list;
  }();
  return names;
}

}  // namespace wd::fuzz
