import RunFiles

/// Seconds that the shards of a batch spent in each stage, added up. Stages of a shard overlap.
struct BatchStages: Equatable, Codable, Sendable {
  var start: Double
  var read: Double
  var assemble: Double
  var infer: Double
  var write: Double
  var merge: Double

  init(_ receipts: [Receipt], merge: Double) {
    func sum(_ stage: KeyPath<Receipt.Seconds, Double>) -> Double {
      (receipts.reduce(0) { $0 + $1.seconds[keyPath: stage] } * 1000).rounded() / 1000
    }
    start = sum(\.start)
    read = sum(\.read)
    assemble = sum(\.assemble)
    infer = sum(\.infer)
    write = sum(\.write)
    self.merge = merge
  }

  /// In the order in which they run.
  var list: [(name: String, seconds: Double)] {
    [
      ("start", start), ("read", read), ("assemble", assemble), ("infer", infer), ("write", write), ("merge", merge),
    ]
  }
}

/// When a shard ran.
struct ShardTiming: Equatable, Codable, Sendable {
  var shard: Int
  var rows: Int
  /// RFC 3339; of the shard's first attempt.
  var startedAt: String
  var finishedAt: String
  /// Of the attempt that finished.
  var seconds: Double

  enum CodingKeys: String, CodingKey {
    case shard, rows, seconds
    case startedAt = "started_at"
    case finishedAt = "finished_at"
  }

  init(_ receipt: Receipt) {
    shard = receipt.shard
    rows = receipt.rowsOut
    startedAt = receipt.startedAt
    finishedAt = receipt.finishedAt
    seconds = receipt.seconds.total
  }
}

/// What became of the rows of a merge by key.
struct RowsByKey: Equatable, Codable, Sendable {
  var inserted: Int
  var updated: Int
  /// The table had their key.
  var leftOut: Int

  enum CodingKeys: String, CodingKey {
    case inserted, updated
    case leftOut = "left_out"
  }
}
