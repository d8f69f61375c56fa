/// Which versions a log holds, from the names of its files.
struct LogListing: Equatable {
  /// Versions that have a JSON file, ascending.
  let commits: [Int]
  /// Versions that have a checkpoint, ascending.
  let checkpoints: [Int]

  init(names: [String]) {
    commits = names.compactMap { Self.version($0, suffix: ".json") }.sorted()
    checkpoints = Set(names.compactMap(Self.checkpointVersion)).sorted()
  }

  var latest: Int? { [commits.last, checkpoints.last].compactMap { $0 }.max() }

  static func commitName(_ version: Int) -> String {
    let digits = String(version)
    return String(repeating: "0", count: 20 - digits.count) + digits + ".json"
  }

  /// Checks that replaying the JSON files alone gives the table's state.
  func checkReplayable(upTo version: Int) throws(DeltaError) {
    let present = commits.prefix { $0 <= version }
    guard present.count <= version else { return }
    let gap = zip(present, 0...).first { $0 != $1 }?.1 ?? present.count
    throw missing(gap)
  }

  private func missing(_ version: Int) -> DeltaError {
    let name = Self.commitName(version)
    guard let checkpoint = checkpoints.first(where: { $0 >= version }) else {
      return .corrupt(file: name, reason: "missing, and no checkpoint covers it")
    }
    return .unsupported(
      "cannot read this Delta table: \(name) was cleaned up and only the checkpoint of version "
        + "\(checkpoint) holds what it said; this program replays JSON commits and reads no checkpoints yet; "
        + "keep the log longer (delta.logRetentionDuration) or write to a new table")
  }

  /// `00000000000000000007` + suffix, and nothing else.
  private static func version(_ name: String, suffix: String) -> Int? {
    guard name.utf8.count == 20 + suffix.utf8.count, name.hasSuffix(suffix) else { return nil }
    let digits = name.prefix(20)
    return digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
  }

  private static func checkpointVersion(_ name: String) -> Int? {
    guard name.hasSuffix(".parquet") || name.hasSuffix(".json"), name.contains(".checkpoint.") else {
      return nil
    }
    return Int(name.prefix(20))
  }
}
