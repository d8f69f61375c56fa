import Foundation
import Storage

/// The output's columns for some rows, filled batch by batch in the order of rows.
final class OutputColumns {
  private let outputs: [ModelDescription.Output]
  private let rows: Int
  /// Made with the first batch, which tells how many values a list has.
  private var values: [Values] = []
  private var widths: [Int] = []
  private var filled = 0

  /// The memory of one column.
  private enum Values {
    case float32(UnsafeMutableBufferPointer<Float>)
    case float64(UnsafeMutableBufferPointer<Double>)
    case int32(UnsafeMutableBufferPointer<Int32>)
    case int64(UnsafeMutableBufferPointer<Int64>)

    init(_ type: ModelDescription.Output.ValueType, rows: Int) {
      switch type {
      case .float32: self = .float32(Self.zeros(rows))
      case .float64: self = .float64(Self.zeros(rows))
      case .int32: self = .int32(Self.zeros(rows))
      case .int64: self = .int64(Self.zeros(rows))
      }
    }

    private static func zeros<Value: Numeric>(_ rows: Int) -> UnsafeMutableBufferPointer<Value> {
      let buffer = UnsafeMutableBufferPointer<Value>.allocate(capacity: rows)
      buffer.initialize(repeating: 0)
      return buffer
    }

    func deallocate() {
      switch self {
      case .float32(let buffer): buffer.deallocate()
      case .float64(let buffer): buffer.deallocate()
      case .int32(let buffer): buffer.deallocate()
      case .int64(let buffer): buffer.deallocate()
      }
    }

    /// The values as a column, or as lists of `length` values each.
    func column(_ name: String, listsOf length: Int?) -> Column {
      switch self {
      case .float32(let buffer): Self.copy(of: buffer, name, length)
      case .float64(let buffer): Self.copy(of: buffer, name, length)
      case .int32(let buffer): Self.copy(of: buffer, name, length)
      case .int64(let buffer): Self.copy(of: buffer, name, length)
      }
    }

    private static func copy<Value: ColumnValue>(
      of buffer: UnsafeMutableBufferPointer<Value>, _ name: String, _ length: Int?
    ) -> Column {
      let fill = { (target: UnsafeMutableBufferPointer<Value>) in
        _ = target.update(fromContentsOf: buffer)
      }
      guard let length else { return Column(name, rows: buffer.count, fill: fill) }
      return Column(name, rows: buffer.count / length, length: length, fill: fill)
    }
  }

  /// Makes columns of `rows` rows.
  init(_ outputs: [ModelDescription.Output], rows: Int) {
    self.outputs = outputs
    self.rows = rows
  }

  deinit {
    for column in values { column.deallocate() }
  }

  /// Adds what the model gave for the next batch. Where it gave NaN, a whole number becomes 0.
  func append(_ tensors: [OutputTensor]) throws(WorkerError) {
    if values.isEmpty {
      widths = outputs.map { $0.width(in: tensors[$0.from]) }
      values = zip(outputs, widths).map { Values($0.type, rows: rows * $1) }
    }
    for (position, output) in outputs.enumerated() {
      try fill(position, output, tensors[output.from])
    }
    filled += tensors.first?.rows ?? 0
  }

  /// The columns as they are now, one for each output.
  func columns() throws(WorkerError) -> [Column] {
    guard values.count == outputs.count else { throw .software(reason: "a slab without batches") }
    return outputs.indices.map { position in
      let output = outputs[position]
      let length = output.transform.givesList ? widths[position] : nil
      return values[position].column(output.column, listsOf: length)
    }
  }

  private func fill(
    _ position: Int, _ output: ModelDescription.Output, _ tensor: OutputTensor
  ) throws(WorkerError) {
    let start = filled * widths[position]
    guard output.width(in: tensor) == widths[position] else {
      throw .modelFailed(
        path: "output `\(output.column)`", reason: "the number of values a row changes from batch to batch")
    }
    switch values[position] {
    case .float32(let target): tensor.results(of: output) { target[start + $0] = Float($1) }
    case .float64(let target): tensor.results(of: output) { target[start + $0] = $1 }
    case .int32(let target): try fillWhole(target, start, output, tensor)
    case .int64(let target): try fillWhole(target, start, output, tensor)
    }
  }

  private func fillWhole<Whole: FixedWidthInteger>(
    _ target: UnsafeMutableBufferPointer<Whole>, _ start: Int, _ output: ModelDescription.Output,
    _ tensor: OutputTensor
  ) throws(WorkerError) {
    var fraction: Double?
    tensor.results(of: output) { row, value in
      if let whole = Whole(exactly: value) {
        target[start + row] = whole
      } else if !value.isNaN {
        fraction = value
      }
    }
    guard let fraction else { return }
    throw .modelFailed(
      path: "output `\(output.column)`", reason: "\(fraction) is not a \(Whole.self)")
  }
}

extension OutputTensor {
  /// Calls `store` with each row and its result.
  @inline(__always)
  fileprivate func results(of output: ModelDescription.Output, _ store: (Int, Double) -> Void) {
    switch values {
    case .floats(let values): values.withUnsafeBufferPointer { transform(output, $0, store) }
    case .doubles(let values): values.withUnsafeBufferPointer { transform(output, $0, store) }
    }
  }

  @inline(__always)
  private func transform<Value: BinaryFloatingPoint>(
    _ output: ModelDescription.Output, _ values: UnsafeBufferPointer<Value>,
    _ store: (Int, Double) -> Void
  ) {
    let index = output.index ?? 0
    switch output.transform {
    case .identity:
      for row in 0..<rows { store(row, Double(values[row * columns + index])) }
    case .sigmoid:
      for row in 0..<rows { store(row, sigmoid(Double(values[row * columns + index]))) }
    case .threshold:
      // Compared as it is published, so that the class follows from a score of float32.
      let threshold = Float(output.threshold ?? 0.5)
      for row in 0..<rows {
        let score = Float(sigmoid(Double(values[row * columns + index])))
        store(row, score >= threshold ? 1 : 0)
      }
    case .softmax:
      for row in 0..<rows { store(row, softmax(values, row * columns, columns, index)) }
    case .argmax:
      for row in 0..<rows { store(row, Double(argmax(values, row * columns, columns))) }
    case .vector:
      for place in 0..<rows * columns { store(place, Double(values[place])) }
    case .topK:
      let isPosition = output.type == .int32 || output.type == .int64
      let count = output.width(in: self)
      for row in 0..<rows {
        for (rank, position) in greatest(count, values, row * columns, columns).enumerated() {
          store(
            row * count + rank,
            isPosition ? Double(position) : softmax(values, row * columns, columns, position))
        }
      }
    }
  }
}

extension ModelDescription.Output {
  /// How many values a row has in the column.
  fileprivate func width(in tensor: OutputTensor) -> Int {
    switch transform {
    case .vector: tensor.columns
    case .topK: min(k ?? 1, tensor.columns)
    default: 1
    }
  }
}

/// The positions of the `wanted` greatest values, greatest first; of equal values the first one comes first.
private func greatest<Value: BinaryFloatingPoint>(
  _ wanted: Int, _ values: UnsafeBufferPointer<Value>, _ start: Int, _ count: Int
) -> ArraySlice<Int> {
  (0..<count).sorted {
    let (left, right) = (values[start + $0], values[start + $1])
    return left != right ? left > right : $0 < $1
  }.prefix(wanted)
}

private func sigmoid(_ x: Double) -> Double {
  1 / (1 + exp(-x))
}

/// The probability of one class; the greatest value is taken off first, so that nothing overflows.
private func softmax<Value: BinaryFloatingPoint>(
  _ values: UnsafeBufferPointer<Value>, _ start: Int, _ count: Int, _ index: Int
) -> Double {
  let greatest = Double(values[start + argmax(values, start, count)])
  var sum = 0.0
  for position in start..<start + count { sum += exp(Double(values[position]) - greatest) }
  return exp(Double(values[start + index]) - greatest) / sum
}

/// The first position of the greatest value.
@inline(__always)
private func argmax<Value: BinaryFloatingPoint>(
  _ values: UnsafeBufferPointer<Value>, _ start: Int, _ count: Int
) -> Int {
  var best = 0
  for position in 1..<max(count, 1) where values[start + position] > values[start + best] {
    best = position
  }
  return best
}
