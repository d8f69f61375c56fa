import CTorch

/// An input of the model for one batch: [rows, features], row by row, in memory of its own.
final class InputTensor: @unchecked Sendable {
  // Sendable: written by the stage that makes it, then only read.

  let dtype: ModelDescription.Input.DType
  let rows: Int
  let features: Int
  private let memory: UnsafeMutableRawBufferPointer

  /// All zero at first.
  init(_ dtype: ModelDescription.Input.DType, rows: Int, features: Int) {
    self.dtype = dtype
    self.rows = rows
    self.features = features
    let width = dtype == .float32 ? MemoryLayout<Float>.stride : MemoryLayout<Int64>.stride
    memory = .allocate(byteCount: max(rows * features * width, 1), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    memory.deallocate()
  }

  /// The values as Float, as long as the tensor lives; empty for an input of another type.
  var floats: UnsafeMutableBufferPointer<Float> {
    guard dtype == .float32 else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
    return memory.assumingMemoryBound(to: Float.self)
  }

  /// The values as Int64, as long as the tensor lives; empty for an input of another type.
  var integers: UnsafeMutableBufferPointer<Int64> {
    guard dtype == .int64 else { return UnsafeMutableBufferPointer(start: nil, count: 0) }
    return memory.assumingMemoryBound(to: Int64.self)
  }

  /// Puts a copy of one row in the place of another.
  func copyRow(_ source: Int, to target: Int) {
    let width = features * (dtype == .float32 ? MemoryLayout<Float>.stride : MemoryLayout<Int64>.stride)
    let bytes = UnsafeRawBufferPointer(rebasing: memory[source * width..<(source + 1) * width])
    UnsafeMutableRawBufferPointer(rebasing: memory[target * width..<(target + 1) * width])
      .copyMemory(from: bytes)
  }

  /// Some rows, for the shim. They live as long as the tensor.
  func slice(_ range: Range<Int>) -> ctorch_tensor {
    let width = dtype == .float32 ? MemoryLayout<Float>.stride : MemoryLayout<Int64>.stride
    let type = dtype == .float32 ? CTORCH_FLOAT32 : CTORCH_INT64
    return ctorch_tensor(
      data: memory.baseAddress.map { UnsafeRawPointer($0 + range.lowerBound * features * width) },
      dtype: Int32(type.rawValue), rows: Int64(range.count), columns: Int64(features))
  }
}

/// An output of the model: [rows, columns], row by row.
struct OutputTensor: Equatable {
  private(set) var rows: Int
  let columns: Int
  private(set) var values: Values

  /// Whole numbers become Float64, which holds them exactly up to 2^53.
  enum Values: Equatable {
    case floats([Float])
    case doubles([Double])
  }

  init(copying tensor: ctorch_tensor) {
    rows = Int(tensor.rows)
    columns = Int(tensor.columns)
    let count = rows * columns
    switch tensor.dtype {
    case Int32(CTORCH_FLOAT32.rawValue):
      values = .floats(Self.array(tensor.data, count))
    case Int32(CTORCH_FLOAT64.rawValue):
      values = .doubles(Self.array(tensor.data, count))
    default:
      values = .doubles(Self.array(tensor.data, count, of: Int64.self).map(Double.init))
    }
  }

  init(rows: Int, columns: Int, values: Values) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  private static func array<Value>(
    _ data: UnsafeRawPointer?, _ count: Int, of: Value.Type = Value.self
  ) -> [Value] {
    Array(UnsafeBufferPointer(start: data?.assumingMemoryBound(to: Value.self), count: count))
  }

  /// Adds the rows of a tensor of the same width and type. Returns false when they differ.
  mutating func append(_ other: OutputTensor) -> Bool {
    guard columns == other.columns else { return false }
    switch (values, other.values) {
    case (.floats(let mine), .floats(let theirs)): values = .floats(mine + theirs)
    case (.doubles(let mine), .doubles(let theirs)): values = .doubles(mine + theirs)
    default: return false
    }
    rows += other.rows
    return true
  }

  /// A tensor of `count` rows that all are as one row of this one.
  func repeating(row: Int, count: Int) -> OutputTensor {
    let range = row * columns..<(row + 1) * columns
    let values: Values =
      switch values {
      case .floats(let values): .floats((0..<count).flatMap { _ in values[range] })
      case .doubles(let values): .doubles((0..<count).flatMap { _ in values[range] })
      }
    return OutputTensor(rows: count, columns: columns, values: values)
  }

  /// The value at a place, as Float64.
  func value(_ row: Int, _ column: Int) -> Double {
    switch values {
    case .floats(let values): Double(values[row * columns + column])
    case .doubles(let values): values[row * columns + column]
    }
  }
}
