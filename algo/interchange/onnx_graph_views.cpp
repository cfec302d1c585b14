// SPDX-License-Identifier: Apache-2.0
// The operators of OnnxGraphBuilder that only change how a value is seen: Flatten, Reshape, Transpose.
#include <algorithm>

#include "algo/interchange/onnx_graph_builder.hpp"
#include "base/error.hpp"

namespace wd::algo {

Dims OnnxGraphBuilder::dims(const Value& value) const {
  const TensorShape& map = shape_of(value);
  constexpr std::int64_t most = 1 << 30;
  const bool open = batch_ < 0 || batch_ > most;
  const std::int64_t batch = open ? any_batch : batch_, count = positions(value),
                     channels = this->channels(value);
  if (value.stacked) {
    const std::int64_t rows = value.last ? count : channels;
    return {open ? any_batch : batch * rows, value.last ? channels : count};
  }
  if (value.rank == 2) return {batch, channels};
  if (value.rank == 3) return value.last ? Dims{batch, count, channels} : Dims{batch, channels, count};
  if (value.merged) return {batch, channels, 1, 1};
  return value.last ? Dims{batch, map.height, map.width, channels}
                    : Dims{batch, channels, map.height, map.width};
}

OnnxGraphBuilder::Value OnnxGraphBuilder::flattened(const Reader& reader, const Value& in, int rank) const {
  const TensorShape& map = shape_of(in);
  reader.require(!in.last || map.positions() == 1 || map.channels == 1, "flattens ", text_of_value(in),
                 " with the channels last; average over the tokens, or transpose them first");
  Value out = in;
  out.merged = in.merged || map.positions() > 1;
  out.rank = rank;
  out.last = out.stacked = false;
  return out;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::as_tokens(const Value& in, bool last) {
  const TensorShape& map = shape_of(in);
  if (in.rank == 4) map_of_tokens_[positions(in)] = {map.height, map.width};
  return {in.activation, 3, false, in.sole, last, false};
}

/// Tokens that a mixing layer has just made are a map of whatever shape the file takes them for.
bool OnnxGraphBuilder::take_map_shape(const Value& in, std::int64_t height, std::int64_t width) {
  const int producer = producer_[static_cast<std::size_t>(in.activation)];
  TensorShape& map = graph_.tensors[static_cast<std::size_t>(in.activation)];
  if (map.height == height && map.width == width) return true;
  if (producer < 0 || !in.sole || in.rank != 3 || in.last ||
      graph_.nodes[static_cast<std::size_t>(producer)].kind != NodeKind::token_mix || height < 1 ||
      width < 1 || height > positions(in) || width > positions(in) || height * width != positions(in))
    return false;
  map.height = static_cast<int>(height);
  map.width = static_cast<int>(width);
  return true;
}

/// The views between a map, its tokens, and what fully connected layers read: flattened, with two sizes of 1,
/// or all images' rows below each other.
OnnxGraphBuilder::Value OnnxGraphBuilder::reshape(const Reader& reader, const Value& in, Dims shape) {
  const TensorShape& map = shape_of(in);
  const std::int64_t channels = map.channels, tokens = static_cast<std::int64_t>(map.positions()),
                     all = channels * tokens;
  const Dims seen = dims(in);
  Dims shown = shape;
  std::replace(shown.begin(), shown.end(), any_batch, std::int64_t{-1});
  const std::string wanted = text_of(shown);
  const auto refuse = [&] {
    reader.refuse(
        text("reshapes ", text_of_value(in), " to ", wanted,
             "; only flattening into batch x values or batch x C x tokens is supported, with the batch "
             "size left open (0 or -1)"));
  };
  if (!shape.empty() && shape[0] == any_batch) shape[0] = in.stacked ? -1 : 0;
  if (shape.size() < 2 || std::count(shape.begin(), shape.end(), any_batch) != 0) refuse();
  std::int64_t known = 1;  // values of one image, stops where it leaves the map's
  for (std::size_t axis = 1; axis < shape.size(); ++axis) {
    if (shape[axis] == 0 && axis < seen.size()) shape[axis] = seen[axis];
    if (shape[axis] > 0) known = shape[axis] <= all / known ? known * shape[axis] : all + 1;
    if (known > all) break;
  }
  // All images' rows below each other.
  const std::int64_t rows = in.last ? tokens : channels, columns = in.last ? channels : tokens;
  const bool tall = shape[0] == -1 || (batch_ > 0 && shape[0] / batch_ == rows && shape[0] % batch_ == 0) ||
                    (in.stacked && shape[0] == 0);
  if ((in.rank == 3 || in.stacked) && shape.size() == 2 && tall && columns != all && shape[1] == columns)
    return {in.activation, 2, false, in.sole, in.last, true};
  const bool batch = (shape[0] == 0 && !in.stacked) || shape[0] == -1 || shape[0] == batch_;
  if (!batch) refuse();
  for (std::size_t axis = 1; axis < shape.size() && shape[0] != -1; ++axis)
    if (shape[axis] == -1 && all % known == 0) shape[axis] = all / known;
  const Dims rest(shape.begin() + 1, shape.end());
  if (rest == Dims{all}) return flattened(reader, in, 2);
  if (rest == Dims{all, 1, 1} && !in.last) return flattened(reader, in, 4);
  if (in.last) {
    if (rest == Dims{tokens, channels}) return as_tokens(in, true);
    if (rest == Dims{map.height, map.width, channels}) return {in.activation, 4, false, in.sole, true, false};
  } else {
    if (rest == Dims{channels, tokens}) return as_tokens(in, false);
    if (rest.size() == 3 && rest[0] == channels && take_map_shape(in, rest[1], rest[2]))
      return {in.activation, 4, false, in.sole, false, false};
  }
  refuse();
  return in;
}

OnnxGraphBuilder::Value OnnxGraphBuilder::transpose(const Reader& reader, const Value& in,
                                                    const Dims& order) const {
  Value out = in;
  out.last = !in.last;
  const bool plain = !in.stacked && !in.merged;
  if (plain && in.rank == 3 && order == Dims{0, 2, 1}) return out;
  if (plain && in.rank == 4 && order == (in.last ? Dims{0, 3, 1, 2} : Dims{0, 2, 3, 1})) return out;
  reader.refuse(text("permutes the axes of ", text_of_value(in), " to ", text_of(order),
                     "; only moving the channels behind the positions and back is supported"));
}

}  // namespace wd::algo
