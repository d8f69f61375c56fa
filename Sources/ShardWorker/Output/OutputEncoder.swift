import Foundation
import Storage

/// Makes the output's columns from the model's output tensors.
struct OutputEncoder: Sendable {
  private let outputs: [ModelDescription.Output]

  init(_ outputs: [ModelDescription.Output]) {
    self.outputs = outputs
  }

  /// The columns that `columns` makes.
  var fields: [Field] {
    outputs.map { Field($0.column, $0.type.columnType, nullable: false) }
  }

  /// What is wrong with the shape of the model's outputs, if anything.
  func fault(in tensors: [OutputTensor]) -> String? {
    for output in outputs {
      guard tensors.indices.contains(output.from) else {
        return "`\(output.column)` comes from output \(output.from), the model gives \(tensors.count)"
      }
      let width = tensors[output.from].columns
      if let index = output.index, index >= width {
        return "`\(output.column)` takes value \(index) of output \(output.from), which has \(width)"
      }
      if output.index == nil, width > 1, !output.transform.spansRow {
        return "`\(output.column)` needs `index`: output \(output.from) has \(width) values a row"
      }
    }
    return nil
  }

  /// The rows for which the model gave NaN, each with the first column that is concerned.
  func faults(in tensors: [OutputTensor]) -> [(row: Int, column: String)] {
    var first: [Int: String] = [:]
    for output in outputs {
      for row in tensors[output.from].rowsWithNaN(in: output.span) where first[row] == nil {
        first[row] = output.column
      }
    }
    return first.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// One column for each output, with the values of the rows in `kept`.
  func columns(of tensors: [OutputTensor], kept: [Int]) throws(WorkerError) -> [Column] {
    var columns: [Column] = []
    for output in outputs {
      columns.append(try Self.column(output, tensors[output.from].results(of: output, kept)))
    }
    return columns
  }

  private static func column(
    _ output: ModelDescription.Output, _ results: [Double]
  ) throws(WorkerError) -> Column {
    switch output.type {
    case .float32: return Column(output.column, results.map { Float($0) })
    case .float64: return Column(output.column, results)
    case .int32: return Column(output.column, try results.mapWhole(Int32.self, output.column))
    case .int64: return Column(output.column, try results.mapWhole(Int64.self, output.column))
    }
  }
}

extension ModelDescription.Output {
  /// The values of a row that count; nil for all.
  fileprivate var span: Int? { transform.spansRow ? nil : index ?? 0 }
}

extension ModelDescription.Output.Transform {
  /// Whether the result depends on all values of a row.
  fileprivate var spansRow: Bool { self == .softmax || self == .argmax }
}

extension ModelDescription.Output.ValueType {
  fileprivate var columnType: ColumnType {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int32: .int32
    case .int64: .int64
    }
  }
}

extension [Double] {
  fileprivate func mapWhole<Whole: FixedWidthInteger>(
    _: Whole.Type, _ column: String
  ) throws(WorkerError) -> [Whole] {
    var whole: [Whole] = []
    whole.reserveCapacity(count)
    for value in self {
      guard let exact = Whole(exactly: value) else {
        throw .modelFailed(path: "output `\(column)`", reason: "\(value) is not a \(Whole.self)")
      }
      whole.append(exact)
    }
    return whole
  }
}

extension OutputTensor {
  fileprivate func rowsWithNaN(in column: Int?) -> [Int] {
    switch values {
    case .floats(let values): nanRows(values, column)
    case .doubles(let values): nanRows(values, column)
    }
  }

  private func nanRows<Value: BinaryFloatingPoint>(_ values: [Value], _ column: Int?) -> [Int] {
    let span = column.map { $0..<$0 + 1 } ?? 0..<columns
    return values.withUnsafeBufferPointer { values in
      (0..<rows).filter { row in span.contains { values[row * columns + $0].isNaN } }
    }
  }

  fileprivate func results(of output: ModelDescription.Output, _ kept: [Int]) -> [Double] {
    switch values {
    case .floats(let values):
      values.withUnsafeBufferPointer { results(of: output, kept, $0) }
    case .doubles(let values):
      values.withUnsafeBufferPointer { results(of: output, kept, $0) }
    }
  }

  private func results<Value: BinaryFloatingPoint>(
    of output: ModelDescription.Output, _ kept: [Int], _ values: UnsafeBufferPointer<Value>
  ) -> [Double] {
    let index = output.index ?? 0
    func row(_ row: Int) -> Slice<UnsafeBufferPointer<Value>> {
      values[row * columns..<(row + 1) * columns]
    }
    switch output.transform {
    case .identity: return kept.map { Double(values[$0 * columns + index]) }
    case .sigmoid: return kept.map { sigmoid(Double(values[$0 * columns + index])) }
    case .threshold:
      // Compared as it is published, so that the class follows from a score of float32.
      let threshold = Float(output.threshold ?? 0.5)
      return kept.map { Float(sigmoid(Double(values[$0 * columns + index]))) >= threshold ? 1 : 0 }
    case .softmax: return kept.map { softmax(row($0), index) }
    case .argmax: return kept.map { Double(argmax(row($0))) }
    }
  }
}

private func sigmoid(_ x: Double) -> Double {
  1 / (1 + exp(-x))
}

/// The probability of one class; the greatest value is taken off first, so that nothing overflows.
private func softmax<Value: BinaryFloatingPoint>(
  _ row: Slice<UnsafeBufferPointer<Value>>, _ index: Int
) -> Double {
  let greatest = Double(row.max() ?? 0)
  let sum = row.reduce(0) { $0 + exp(Double($1) - greatest) }
  return exp(Double(row[row.startIndex + index]) - greatest) / sum
}

/// The first position of the greatest value.
private func argmax<Value: BinaryFloatingPoint>(_ row: Slice<UnsafeBufferPointer<Value>>) -> Int {
  var best = row.startIndex
  for position in row.indices where row[position] > row[best] { best = position }
  return best - row.startIndex
}
