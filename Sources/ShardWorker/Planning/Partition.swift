import RunFiles

/// Divides row groups among shards: whole row groups, in the order of the input, so that the shards'
/// outputs one after another have the input's order.
///
/// The largest shard is as small as that allows; within it, shards are close to their fair share.
enum Partition {
  /// Row groups of each shard. There are `count` shards, or as many as row groups if those are fewer.
  static func shards(of groups: [Plan.RowGroup], count: Int) -> [[Plan.RowGroup]] {
    let rows = groups.map(\.rows)
    let count = min(count, groups.count)
    guard count > 0 else { return [] }
    let capacity = smallestCapacity(rows, count)
    var shards: [[Plan.RowGroup]] = []
    var next = 0
    for left in stride(from: count, to: 0, by: -1) {
      let end = left == 1 ? groups.count : end(of: next, rows, shardsLeft: left, capacity)
      shards.append(Array(groups[next..<end]))
      next = end
    }
    return shards
  }

  /// The least number of rows that a shard must hold at most, for `count` shards to hold all.
  private static func smallestCapacity(_ rows: [Int], _ count: Int) -> Int {
    var low = rows.max() ?? 0
    var high = rows.reduce(0, +)
    while low < high {
      let middle = low + (high - low) / 2
      if shardsNeeded(rows[...], middle) <= count { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private static func shardsNeeded(_ rows: ArraySlice<Int>, _ capacity: Int) -> Int {
    var shards = 0
    var room = 0
    for size in rows {
      if shards == 0 || size > room {
        shards += 1
        room = capacity
      }
      room -= size
    }
    return shards
  }

  /// Where the shard that begins at `start` ends: at its fair share of what is left, if the others can
  /// hold the rest then.
  private static func end(
    of start: Int, _ rows: [Int], shardsLeft: Int, _ capacity: Int
  ) -> Int {
    let fair = Double(rows[start...].reduce(0, +)) / Double(shardsLeft)
    var sum = rows[start]
    var end = start + 1
    while rows.count - end > shardsLeft - 1, sum + rows[end] <= capacity {
      let isCloser = abs(Double(sum) - fair) <= abs(Double(sum + rows[end]) - fair)
      if isCloser, shardsNeeded(rows[end...], capacity) <= shardsLeft - 1 { break }
      sum += rows[end]
      end += 1
    }
    return end
  }
}
