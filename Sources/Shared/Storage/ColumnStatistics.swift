import CArrow

/// What a Parquet footer says of one column, over all row groups.
public struct ColumnStatistics: Equatable, Sendable {
  /// The least or greatest value of a column.
  public enum Bound: Equatable, Sendable {
    case boolean(Bool)
    /// Also dates and timestamps, in the column's unit.
    case integer(Int64)
    case real(Double)
    case text(String)
  }

  /// Nil when the file does not say.
  public let nullCount: Int?
  /// Nil when the file does not say, or all values are null or NaN.
  public let minimum: Bound?
  public let maximum: Bound?
}

extension ColumnStatistics {
  init(_ raw: carrow_statistics) {
    nullCount = raw.null_count < 0 ? nil : Int(raw.null_count)
    switch raw.bound {
    case Int32(CARROW_BOUND_BOOLEAN.rawValue):
      minimum = .boolean(raw.minimum_integer != 0)
      maximum = .boolean(raw.maximum_integer != 0)
    case Int32(CARROW_BOUND_INTEGER.rawValue):
      minimum = .integer(raw.minimum_integer)
      maximum = .integer(raw.maximum_integer)
    case Int32(CARROW_BOUND_REAL.rawValue):
      minimum = .real(raw.minimum_real)
      maximum = .real(raw.maximum_real)
    case Int32(CARROW_BOUND_BYTES.rawValue):
      minimum = Self.text(raw.minimum_bytes, raw.minimum_count).map { .text($0) }
      maximum = Self.text(raw.maximum_bytes, raw.maximum_count).map { .text($0) }
    default:
      minimum = nil
      maximum = nil
    }
  }

  private static func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int64) -> String? {
    String(validating: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
  }
}
