import CArrow

/// 128 bits that stand for the values of a row's key columns. Two keys share them by chance once in 10^22.
public struct KeyFingerprint: Hashable, Comparable, BitwiseCopyable, Sendable {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public static func < (left: KeyFingerprint, right: KeyFingerprint) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }
}

extension RecordBatch {
  /// The given rows, in the given order, as a copy. Any type of column.
  public func taking(rows: [Int64]) throws(StorageError) -> RecordBatch {
    var array = ExportedBatch.export(self)
    var schema = ExportedSchema.export(fields)
    var (taken, takenSchema) = (ArrowArray(), ArrowSchema())
    try checked(path: "record batch") {
      carrow_take(&array, &schema, rows, Int64(rows.count), &taken, &takenSchema, $0)
    }
    return RecordBatch(takingOver: taken, takenSchema)
  }

  /// The columns of these names, in the order of the names; nil when one is missing.
  public func selecting(_ names: [String]) -> RecordBatch? {
    let chosen = names.compactMap { self[$0] }
    guard chosen.count == names.count else { return nil }
    return try? RecordBatch(chosen)
  }

  /// One fingerprint a row, over all columns in their order.
  public func fingerprints() throws(StorageError) -> [KeyFingerprint] {
    var array = ExportedBatch.export(self)
    var schema = ExportedSchema.export(fields)
    var words = [UInt64](repeating: 0, count: 2 * rows)
    try checked(path: "key columns") { carrow_fingerprints(&array, &schema, &words, $0) }
    return (0..<rows).map { KeyFingerprint(high: words[2 * $0], low: words[2 * $0 + 1]) }
  }
}
