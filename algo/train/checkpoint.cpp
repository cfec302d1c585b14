// SPDX-License-Identifier: Apache-2.0
#include "algo/train/checkpoint.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

/// Calls visit(values, count) for every learned or running array of a batch norm, in file order.
template <typename Norm, typename Visit>
void for_each_array(Norm& norm, Visit visit) {
  for (auto* buffer : {&norm.gamma, &norm.beta, &norm.gamma_velocity, &norm.beta_velocity})
    visit(buffer->data(), buffer->size());
  visit(norm.running.mean.data(), norm.running.mean.size());
  visit(norm.running.variance.data(), norm.running.variance.size());
}

void restore(const Container& container, const std::string& name, Buffer& values) {
  const std::vector<float> found = container.get_array<float>(name);
  WD_REQUIRE(found.size() == values.size(), container.origin(), ": section '", name, "' has ", found.size(),
             " values, the network needs ", values.size(), "; start afresh");
  std::copy(found.begin(), found.end(), values.begin());
}

json history_json(const std::vector<EpochRecord>& history) {
  json rows = json::array();
  for (const EpochRecord& r : history)
    rows.push_back({{"epoch", r.epoch},
                    {"phase", phase_name(r.phase)},
                    {"loss", r.loss},
                    {"train_accuracy", r.train_accuracy},
                    {"test_accuracy", r.test_accuracy},
                    {"learning_rate", r.learning_rate}});
  return rows;
}

std::vector<EpochRecord> history_from(const json& rows, const std::string& origin) {
  std::vector<EpochRecord> history;
  for (const json& row : rows) {
    JsonReader r(row, origin + ": history");
    history.push_back({r.get<int>("epoch"),
                       r.get<std::string>("phase") == "fp8" ? TrainPhase::fp8 : TrainPhase::fp32,
                       r.get<double>("loss"), r.get<double>("train_accuracy"), r.get<double>("test_accuracy"),
                       r.get<double>("learning_rate")});
    r.refuse_unknown();
  }
  return history;
}

void require_same_config(const json& found, const json& wanted, const std::string& origin) {
  WD_REQUIRE(found.is_object(), origin, ": 'config' must be a JSON object");
  const json a = found.flatten(), b = wanted.flatten();
  for (const json* side : {&a, &b})
    for (const auto& item : side->items()) {
      const json before = a.contains(item.key()) ? a.at(item.key()) : json("absent");
      const json now = b.contains(item.key()) ? b.at(item.key()) : json("absent");
      WD_REQUIRE(before == now, origin, ": was made with another configuration: '", item.key().substr(1),
                 "' is ", before.dump(), " there and ", now.dump(),
                 " now; use that configuration, or start afresh");
    }
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const TrainConfig& config, const ImageSet& train,
                      const Engine& engine, const TrainState& state) {
  Container container(checkpoint_kind);
  container.set_json("state", {{"config", to_json(config)},
                               {"images", train.count()},
                               {"step", state.step},
                               {"seconds", state.seconds},
                               {"epoch_loss", state.epoch_loss},
                               {"epoch_right", state.epoch_right},
                               {"epoch_images", state.epoch_images},
                               {"scale_exps", engine.scale_exps()},
                               {"history", history_json(state.history)}});
  for (std::size_t m = 0; m < engine.masks().size(); ++m) {
    const Supermask& mask = engine.masks()[m];
    container.set_array(text("scores.", m), std::vector<float>(mask.scores.begin(), mask.scores.end()));
    container.set_array(text("velocity.", m), std::vector<float>(mask.velocity.begin(), mask.velocity.end()));
  }
  for (std::size_t l = 0; l < engine.layers().size(); ++l) {
    std::vector<float> flat;
    for_each_array(engine.layers()[l].norm, [&](const float* values, std::size_t count) {
      flat.insert(flat.end(), values, values + count);
    });
    container.set_array(text("norm.", l), flat);
  }
  container.write(path);
}

CheckpointSummary summarize_checkpoint(const std::filesystem::path& path, const TrainConfig& config) {
  const json state = Container::read(path, checkpoint_kind).get_json("state");
  WD_REQUIRE(state.is_object() && state.contains("config") && state.contains("history"), path.string(),
             ": section 'state' lacks 'config' or 'history'");
  const json found = state.at("config"), history = state.at("history");
  return {found == to_json(config),
          found.is_object() && found.contains("epochs") && history.size() == found["epochs"]};
}

TrainState read_checkpoint(const std::filesystem::path& path, const TrainConfig& config,
                           const ImageSet& train, Engine& engine) {
  const Container container = Container::read(path, checkpoint_kind);
  const json value = container.get_json("state");
  JsonReader reader(value, path.string());
  require_same_config(reader.child("config"), to_json(config), path.string());
  const auto images = reader.get<std::size_t>("images");
  WD_REQUIRE(images == train.count(), path.string(), ": was made with ", images,
             " training images, there are ", train.count(), " now; use the same data set");
  TrainState state{reader.get<std::size_t>("step"),
                   reader.get<double>("epoch_loss"),
                   reader.get<std::uint64_t>("epoch_right"),
                   reader.get<std::uint64_t>("epoch_images"),
                   history_from(reader.child("history"), path.string()),
                   reader.get<double>("seconds")};
  engine.use_fp8(reader.get<std::vector<int>>("scale_exps"));
  WD_REQUIRE(!engine.fp8() || engine.scale_exps().size() == engine.graph().tensors.size(), path.string(),
             ": 'scale_exps' has ", engine.scale_exps().size(), " values for ", engine.graph().tensors.size(),
             " tensors; start afresh");
  reader.refuse_unknown();
  for (std::size_t m = 0; m < engine.masks().size(); ++m) {
    restore(container, text("scores.", m), engine.masks()[m].scores);
    restore(container, text("velocity.", m), engine.masks()[m].velocity);
  }
  for (std::size_t l = 0; l < engine.layers().size(); ++l) {
    BatchNorm& norm = engine.layers()[l].norm;
    Buffer flat(6 * norm.channels());
    restore(container, text("norm.", l), flat);
    const float* next = flat.data();
    for_each_array(norm, [&](float* values, std::size_t count) {
      std::copy(next, next + count, values);
      next += count;
    });
  }
  engine.refresh_masks();
  return state;
}

}  // namespace wd::algo
