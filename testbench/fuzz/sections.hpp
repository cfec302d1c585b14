// SPDX-License-Identifier: Apache-2.0
// A container's sections as plain bytes, for fuzzing what lies behind right checksums.
//
// Shape     for each section: length of the name (one byte), the name, length of the bytes (two, little-endian), the
//           bytes. Any bytes are sections: lengths are cut to what is there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/container.hpp"

namespace wd::fuzz {

inline Bytes pack_sections(const Container& container) {
  Bytes packed;
  for (const auto& [name, bytes] : container.sections()) {
    packed.push_back(static_cast<std::uint8_t>(name.size()));
    packed.insert(packed.end(), name.begin(), name.end());
    packed.push_back(static_cast<std::uint8_t>(bytes.size()));
    packed.push_back(static_cast<std::uint8_t>(bytes.size() >> 8));
    packed.insert(packed.end(), bytes.begin(), bytes.end());
  }
  return packed;
}

inline Container unpack_sections(std::span<const std::uint8_t> data, FileKind kind) {
  const auto take = [&](std::size_t bytes) {
    const auto taken = data.first(std::min(bytes, data.size()));
    data = data.subspan(taken.size());
    return taken;
  };
  const auto number = [&](std::size_t bytes) {
    std::size_t value = 0, shift = 0;
    for (const std::uint8_t byte : take(bytes)) value |= std::size_t{byte} << std::exchange(shift, shift + 8);
    return value;
  };
  Container container(kind);
  while (!data.empty()) {
    const auto name = take(1 + (number(1) + 23) % 24);
    const auto bytes = take(number(2));
    if (!name.empty()) container.set({name.begin(), name.end()}, {bytes.begin(), bytes.end()});
  }
  return container;
}

}  // namespace wd::fuzz
