// SPDX-License-Identifier: Apache-2.0
#include "algo/train/checkpoint.hpp"

#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "algo/data/dataset.hpp"
#include "algo/kernels/matmul.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace wd::algo {
namespace {

using nlohmann::json;

void restore(const Container& container, const std::string& name, std::span<float> values) {
  const std::vector<float> found = container.get_array<float>(name);
  WD_REQUIRE(found.size() == values.size(), container.origin(), ": section '", name, "' has ", found.size(),
             " values, the network needs ", values.size(), "; start afresh");
  std::copy(found.begin(), found.end(), values.begin());
}

std::vector<float> flat(const ChannelStatistics& statistics) {
  std::vector<float> values = statistics.mean;
  values.insert(values.end(), statistics.variance.begin(), statistics.variance.end());
  return values;
}

void restore(const Container& container, const std::string& name, ChannelStatistics& statistics) {
  std::vector<float> values(2 * statistics.mean.size());
  restore(container, name, std::span(values));
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(statistics.mean.size());
  std::copy(values.begin(), half, statistics.mean.begin());
  std::copy(half, values.end(), statistics.variance.begin());
}

std::vector<float> to_vector(const Buffer& buffer) { return {buffer.begin(), buffer.end()}; }

TrainSpeed speed_from(const json& value, const std::string& origin) {
  JsonReader r(value, origin + ": speed");
  const TrainSpeed speed{r.get<std::size_t>("steps"), r.get<double>("step_seconds"),
                         r.get<double>("loading_seconds")};
  r.refuse_unknown();
  return speed;
}

EpochRecord record_from(const json& row, const std::string& origin) {
  JsonReader r(row, origin + ": history");
  EpochRecord record;
  record.epoch = r.get<int>("epoch");
  record.phase = r.get<std::string>("phase") == "fp8" ? TrainPhase::fp8 : TrainPhase::fp32;
  record.loss = r.get<double>("loss");
  record.train_accuracy = r.get<double>("train_accuracy");
  record.accuracy = r.get<double>("accuracy");
  record.learning_rate = r.get<double>("learning_rate");
  HardwareFigures& h = record.hardware;
  h.value_sparsity = r.get<double>("value_sparsity");
  h.bit_sparsity = r.get<double>("bit_sparsity");
  h.activation_sparsity = r.get<double>("activation_sparsity");
  h.bits_per_weight = r.get<double>("bits_per_weight");
  h.bytes = r.get<std::uint64_t>("bytes");
  if (!r.child("cycles").is_null()) h.cycles = r.get<double>("cycles");
  r.refuse_unknown();
  return record;
}

/// The first key that differs: "'epochs' is 3 there and 5 now"; empty where none does.
std::string difference_of(json found, json wanted, const std::string& origin) {
  WD_REQUIRE(found.is_object(), origin, ": 'config' must be a JSON object");
  for (json* config : {&found, &wanted}) *config = deciding(*config);
  if (found == wanted) return "";
  const json a = found.flatten(), b = wanted.flatten();
  for (const json* side : {&a, &b})
    for (const auto& item : side->items()) {
      const json there = a.value(item.key(), json()), now = b.value(item.key(), json());
      if (there != now)
        return text("'", item.key().substr(1), "' is ", shown(there), " there and ", shown(now), " now");
    }
  return "its keys are those of another version";
}

/// Those of the products decide for all others.
const char* kernels_of(const TrainConfig& config) {
  return name_of(config.precision == Precision::bf16 ? matmul<BFloat16>().set : matmul<float>().set);
}

/// A run goes on only where its steps give the bits that they gave before; what is left of a finished one is its
/// measurement. Older checkpoints do not say.
void require_same_steps(JsonReader& reader, bool finished, const TrainConfig& config) {
  const std::string kernels = kernels_of(config), found = reader.get("kernels", kernels);
  const int version = reader.get("training_version", training_version);
  if (finished) return;
  WD_REQUIRE(version == training_version, reader.origin(), ": was made by version ", version,
             " of training, this program has version ", training_version,
             "; continue with a program of that version, or start afresh");
  WD_REQUIRE(found == kernels, reader.origin(), ": was made with the kernels for ", found,
             ", here are those for ", kernels, ", whose sums end in other bits; continue on a machine with ",
             found, ", or start afresh");
}

void write_best(Container& container, const Snapshot& best) {
  for (std::size_t p = 0; p < best.values.size(); ++p) container.set_array(text("best.", p), best.values[p]);
  for (std::size_t n = 0; n < best.running.size(); ++n)
    container.set_array(text("best_running.", n), flat(best.running[n]));
}

Snapshot read_best(const Container& container, int epoch, double accuracy, Executor& executor) {
  if (epoch == 0) return {};
  Snapshot best = take_snapshot(executor, epoch, accuracy);
  for (std::size_t p = 0; p < best.values.size(); ++p)
    restore(container, text("best.", p), std::span(best.values[p]));
  for (std::size_t n = 0; n < best.running.size(); ++n)
    restore(container, text("best_running.", n), best.running[n]);
  return best;
}

void write_average(Container& container, json& state, const Average& average) {
  if (average.steps == 0) return;
  state["averaged_steps"] = average.steps;
  for (std::size_t p = 0; p < average.values.size(); ++p)
    container.set_array(text("average.", p), average.values[p]);
}

Average read_average(const Container& container, JsonReader& reader, Executor& executor) {
  Average average;
  average.steps = reader.get<std::uint64_t>("averaged_steps", 0);
  if (average.steps == 0) return average;
  for (const Parameter* parameter : executor.parameters()) {
    const std::string name = text("average.", average.values.size());
    restore(container, name, std::span(average.values.emplace_back(parameter->count())));
  }
  return average;
}

}  // namespace

Snapshot take_snapshot(Executor& executor, int epoch, double accuracy) {
  Snapshot snapshot{epoch, accuracy, {}, {}};
  for (const Parameter* parameter : executor.parameters())
    snapshot.values.push_back(to_vector(parameter->value));
  for (const NormParameters& norm : executor.norms()) snapshot.running.push_back(norm.running);
  return snapshot;
}

void restore_snapshot(Executor& executor, const Snapshot& snapshot) {
  const std::vector<Parameter*> parameters = executor.parameters();
  WD_ASSERT(parameters.size() == snapshot.values.size());
  for (std::size_t p = 0; p < parameters.size(); ++p)
    std::copy(snapshot.values[p].begin(), snapshot.values[p].end(), parameters[p]->value.begin());
  for (std::size_t n = 0; n < snapshot.running.size(); ++n) executor.norms()[n].running = snapshot.running[n];
  executor.refresh();
}

json to_json(const EpochRecord& r) {
  const HardwareFigures& h = r.hardware;
  return {{"epoch", r.epoch},
          {"phase", phase_name(r.phase)},
          {"loss", r.loss},
          {"train_accuracy", r.train_accuracy},
          {"accuracy", r.accuracy},
          {"learning_rate", r.learning_rate},
          {"value_sparsity", h.value_sparsity},
          {"bit_sparsity", h.bit_sparsity},
          {"activation_sparsity", h.activation_sparsity},
          {"bits_per_weight", h.bits_per_weight},
          {"bytes", h.bytes},
          {"cycles", h.cycles ? json(*h.cycles) : json(nullptr)}};
}

std::uint32_t checksum(const ImageSet& images) {
  const auto extended = [](std::uint32_t sum, const auto& values) {
    const auto* bytes = reinterpret_cast<const Bytef*>(values.data());
    return static_cast<std::uint32_t>(crc32_z(sum, bytes, values.size() * sizeof(values[0])));
  };
  std::uint32_t sum = extended(extended(0, images.pixels), images.labels);
  // Decoding all of a set on demand would take hours; and crops are taken from what lies outside of the pixels, too.
  if (images.source) sum = extended(sum ^ images.source->checksum(), images.source_index);
  return sum;
}

Container make_checkpoint(const TrainConfig& config, const ImageChecksums& images, Executor& executor,
                          const TrainState& state) {
  Container container(checkpoint_kind);
  json history = json::array();
  for (const EpochRecord& record : state.history) history.push_back(to_json(record));
  json values = {{"config", to_json(config)},
                 {"training_version", training_version},
                 {"kernels", kernels_of(config)},
                 {"images", images.train},
                 {"test_images", images.test},
                 {"step", state.step},
                 {"seconds", state.seconds},
                 {"speed",
                  {{"steps", state.speed.steps},
                   {"step_seconds", state.speed.step_seconds},
                   {"loading_seconds", state.speed.loading_seconds}}},
                 {"epoch_loss", state.epoch_loss},
                 {"epoch_right", state.epoch_right},
                 {"epoch_images", state.epoch_images},
                 {"scale_exps", executor.fp8.exps},
                 {"masks", executor.masks().state()},
                 {"best_epoch", state.best.epoch},
                 {"best_accuracy", state.best.accuracy},
                 {"history", history}};
  write_average(container, values, state.average);
  if (!state.teacher.empty()) values["teacher"] = state.teacher;
  container.set_json("state", values);
  const std::vector<Parameter*> parameters = executor.parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    container.set_array(text("value.", p), to_vector(parameters[p]->value));
    container.set_array(text("first.", p), to_vector(parameters[p]->first));
    if (parameters[p]->second.size() > 0)
      container.set_array(text("second.", p), to_vector(parameters[p]->second));
  }
  for (std::size_t n = 0; n < executor.norms().size(); ++n)
    container.set_array(text("running.", n), flat(executor.norms()[n].running));
  write_best(container, state.best);
  return container;
}

Container open_checkpoint(const std::filesystem::path& path) {
  return Container::read(path, checkpoint_kind);
}

CheckpointSummary summarize_checkpoint(const Container& checkpoint, const TrainConfig& config) {
  const json state = checkpoint.get_json("state");
  WD_REQUIRE(state.is_object() && state.contains("config") && state.contains("history"), checkpoint.origin(),
             ": section 'state' lacks 'config' or 'history'");
  const json& found = state.at("config");
  return {difference_of(found, to_json(config), checkpoint.origin()),
          found.contains("epochs") && state.at("history").size() == found["epochs"], found.dump()};
}

TrainConfig read_config(const Container& checkpoint) {
  const json state = checkpoint.get_json("state");
  WD_REQUIRE(state.is_object() && state.contains("config"), checkpoint.origin(),
             ": section 'state' lacks 'config'");
  return config_from_json(state.at("config"), checkpoint.origin() + ": config");
}

std::unique_ptr<Executor> read_network(const Container& checkpoint, ThreadPool& pool, TrainConfig& config) {
  config = read_config(checkpoint);
  const DatasetInfo& info = dataset_info(config.dataset);
  WD_REQUIRE(info.height > 0, checkpoint.origin(), ": data set '", config.dataset,
             "' has no fixed image size; not supported here");
  TrainConfig single = config;
  single.batch = 1;
  return read_network(checkpoint, pool, single, {info.height, info.width, info.channels}, info.classes);
}

std::unique_ptr<Executor> read_network(const Container& checkpoint, ThreadPool& pool,
                                       const TrainConfig& config, const ImageShape& image, int classes) {
  const json state = checkpoint.get_json("state");
  WD_REQUIRE(state.is_object() && state.contains("masks") && state.contains("best_epoch"),
             checkpoint.origin(), ": section 'state' lacks 'masks' or 'best_epoch'");
  std::unique_ptr<Executor> executor =
      make_executor(config.executor(), build_graph(config.network, image, classes), pool);
  executor->masks().restore(state.at("masks"), checkpoint.origin());
  const bool best = state.at("best_epoch").is_number() && state.at("best_epoch") != 0;
  const std::vector<Parameter*> parameters = executor->parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p)
    restore(checkpoint, text(best ? "best." : "value.", p),
            std::span(parameters[p]->value.data(), parameters[p]->value.size()));
  for (std::size_t n = 0; n < executor->norms().size(); ++n)
    restore(checkpoint, text(best ? "best_running." : "running.", n), executor->norms()[n].running);
  executor->refresh();
  return executor;
}

TrainState read_checkpoint(const Container& checkpoint, const TrainConfig& config,
                           const ImageChecksums& images, Executor& executor) {
  const json value = checkpoint.get_json("state");
  JsonReader reader(value, checkpoint.origin());
  const std::string difference = difference_of(reader.child("config"), to_json(config), checkpoint.origin());
  WD_REQUIRE(difference.empty(), checkpoint.origin(), ": was made with another configuration: ", difference,
             "; use that configuration or start afresh");
  WD_REQUIRE(reader.get<std::uint32_t>("images") == images.train, checkpoint.origin(),
             ": was made with other training images; use the same data set or start afresh");
  WD_REQUIRE(reader.get("test_images", images.test) == images.test, checkpoint.origin(),
             ": was made with other test images; use the same data set or start afresh");
  TrainState state;
  if (reader.has("speed")) state.speed = speed_from(reader.child("speed"), checkpoint.origin());
  state.step = reader.get<std::size_t>("step");
  state.seconds = reader.get<double>("seconds");
  state.epoch_loss = reader.get<double>("epoch_loss");
  state.epoch_right = reader.get<std::uint64_t>("epoch_right");
  state.epoch_images = reader.get<std::uint64_t>("epoch_images");
  for (const json& row : reader.list("history"))
    state.history.push_back(record_from(row, checkpoint.origin()));
  require_same_steps(reader, state.history.size() == static_cast<std::size_t>(config.epochs), config);
  executor.fp8.exps = reader.get<std::vector<int>>("scale_exps");
  executor.fp8.format = config.quantization.format;
  WD_REQUIRE(!executor.fp8.on() || executor.fp8.exps.size() == executor.graph().tensors.size(),
             checkpoint.origin(), ": 'scale_exps' has ", executor.fp8.exps.size(), " values for ",
             executor.graph().tensors.size(), " tensors; start afresh");
  executor.masks().restore(reader.child("masks"), checkpoint.origin());
  const int best_epoch = reader.get<int>("best_epoch");
  const double best_accuracy = reader.get<double>("best_accuracy");
  state.average = read_average(checkpoint, reader, executor);
  state.teacher = reader.get<std::string>("teacher", "");
  reader.refuse_unknown();
  const std::vector<Parameter*> parameters = executor.parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p)
    for (auto& [name, buffer] : {std::pair<const char*, Buffer*>{"value.", &parameters[p]->value},
                                 {"first.", &parameters[p]->first},
                                 {"second.", &parameters[p]->second}})
      if (buffer->size() > 0) restore(checkpoint, text(name, p), std::span(buffer->data(), buffer->size()));
  for (std::size_t n = 0; n < executor.norms().size(); ++n)
    restore(checkpoint, text("running.", n), executor.norms()[n].running);
  state.best = read_best(checkpoint, best_epoch, best_accuracy, executor);
  executor.refresh();
  return state;
}

}  // namespace wd::algo
