import Storage

/// Turns one column into one feature of an input tensor.
struct FeatureEncoder: Sendable {
  private enum Encoding {
    case identity
    case standardize(mean: Float, std: Float)
    case vocabulary(Vocabulary)
    case vector
  }

  let column: String
  /// Columns of the tensor.
  let width: Int
  private let encoding: Encoding
  private let onNull: ModelDescription.Policy
  private let onNaN: ModelDescription.Policy
  private let fill: Double
  private let part: ModelDescription.Feature.DatePart?

  init(_ feature: ModelDescription.Feature) {
    column = feature.column
    width = feature.encoding == .vector ? feature.size ?? 1 : 1
    part = feature.part
    onNull = feature.onNull ?? .fail
    onNaN = feature.onNaN ?? .fail
    fill = feature.fill ?? 0
    encoding =
      switch feature.encoding {
      // A sequence is an input of its own, which another encoder makes.
      case .identity, .sequence, .mask: .identity
      case .vector: .vector
      case .standardize:
        .standardize(mean: Float(feature.mean ?? 0), std: Float(feature.std ?? 1))
      case .vocabulary: .vocabulary(Vocabulary(feature.vocabulary ?? []))
      }
  }

  /// Checks that the column is there and of a type that the encoding can use.
  func check(_ fields: [Field], path: String, input: String) throws(WorkerError) {
    let purpose = "a feature of the model's input `\(input)`"
    guard let field = fields.first(where: { $0.name == column }) else {
      throw .missingColumn(path: path, column: column, purpose: purpose)
    }
    let needed: String
    switch encoding {
    case .vocabulary(let vocabulary) where vocabulary.holdsTexts:
      needed = "string"
      if field.type.isText { return }
    case .vocabulary:
      needed = "an integer type"
      if field.type.isNumeric, !field.type.isFloating { return }
    case .vector:
      needed = "a list of numbers"
      if let element = field.type.element, element.isNumeric { return }
    case .identity, .standardize:
      needed = "a numeric type or boolean"
      if field.type.isNumeric { return }
    }
    throw .wrongColumnType(
      path: path, column: column, found: field.type.name, purpose: purpose, needed: needed)
  }

  /// Writes the feature's values, one a row, and notes the rows that have none.
  func encode(
    _ values: Column, into tensor: InputTensor, feature: Int,
    faults: inout [FeatureAssembler.Fault]
  ) {
    let nulls = values.nullRows
    if case .vocabulary(let vocabulary) = encoding {
      write(vocabulary.positions(of: values), to: tensor, feature)
    } else if case .vector = encoding {
      writeVectors(values, to: tensor, feature, &faults)
    } else if nulls.isEmpty, writeSingles(values, to: tensor, feature) {
      return
    } else if tensor.dtype == .int64 {
      writeIntegers(values, to: tensor, feature, nulls: Set(nulls), &faults)
    } else {
      writeNumbers(values, to: tensor, feature, nulls: nulls, &faults)
    }
    note(nulls, onNull, "the value is null", &faults)
  }

  // MARK: Vocabularies

  private func write(_ positions: [Int64], to tensor: InputTensor, _ feature: Int) {
    let width = tensor.features
    let integers = tensor.integers
    let floats = tensor.floats
    for (row, position) in positions.enumerated() {
      if tensor.dtype == .int64 {
        integers[row * width + feature] = position
      } else {
        floats[row * width + feature] = Float(position)
      }
    }
  }

  // MARK: Numbers

  /// The shortest way, for float32 without nulls. Returns false when it cannot be gone.
  private func writeSingles(_ values: Column, to tensor: InputTensor, _ feature: Int) -> Bool {
    guard values.type == .float32, tensor.dtype == .float32 else { return false }
    let width = tensor.features
    let target = tensor.floats
    var (scale, shift) = (Float(1), Float(0))
    if case .standardize(let mean, let std) = encoding { (shift, scale) = (mean, std) }
    return values.withValues(as: Float.self) { values in
      guard let values else { return false }
      var hasNaN = false
      var position = feature
      for value in values {
        hasNaN = (value != value) || hasNaN
        target[position] = (value - shift) / scale
        position += width
      }
      return !hasNaN || onNaN == .pass
    }
  }

  private func writeNumbers(
    _ values: Column, to tensor: InputTensor, _ feature: Int, nulls: [Int],
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: values.rows) { numbers in
      _ = values.copyNumbers(to: numbers)
      DateNumbers.settle(numbers, of: values.type, part)
      for row in nulls { numbers[row] = fill }
      if values.type.isFloating { settleNaN(numbers, nulls: nulls, &faults) }
      scale(numbers, to: tensor, feature)
    }
  }

  /// Finds NaN and replaces it as the policy says.
  private func settleNaN(
    _ numbers: UnsafeMutableBufferPointer<Double>, nulls: [Int],
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    guard onNaN != .pass else { return }
    let rows = numbers.indices.filter { numbers[$0].isNaN }
    guard !rows.isEmpty else { return }
    for row in rows { numbers[row] = fill }
    note(rows, onNaN, "the value is NaN", &faults)
  }

  private func scale(
    _ numbers: UnsafeMutableBufferPointer<Double>, to tensor: InputTensor, _ feature: Int
  ) {
    let width = tensor.features
    let target = tensor.floats
    var position = feature
    if case .standardize(let mean, let std) = encoding {
      for row in 0..<numbers.count {
        target[position] = (Float(numbers[row]) - mean) / std
        position += width
      }
    } else {
      for row in 0..<numbers.count {
        target[position] = Float(numbers[row])
        position += width
      }
    }
  }

  // MARK: Integers

  private func writeIntegers(
    _ values: Column, to tensor: InputTensor, _ feature: Int, nulls: Set<Int>,
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    let target = tensor.integers
    let isWhole = !values.type.isFloating && DateNumbers.secondsPerUnit(values.type) == nil
    let numbers = isWhole ? [] : numbers(of: values)
    for row in 0..<values.rows {
      let place = row * tensor.features + feature
      if nulls.contains(row) {
        target[place] = Int64(exactly: fill) ?? 0
      } else if isWhole {
        target[place] = Int64(values.integer(row) ?? 0)
      } else if let exact = Int64(exactly: numbers[row]) {
        target[place] = exact
      } else if numbers[row].isNaN {
        target[place] = Int64(exactly: fill) ?? 0
        note([row], onNaN, "the value is NaN", &faults)
      } else {
        note([row], .fail, "\(numbers[row]) is not a whole number", &faults)
      }
    }
  }

  /// Times in whole seconds.
  private func numbers(of column: Column) -> [Double] {
    [Double](unsafeUninitializedCapacity: column.rows) { buffer, count in
      let numbers = UnsafeMutableBufferPointer(rebasing: buffer[..<column.rows])
      _ = column.copyNumbers(to: numbers)
      DateNumbers.settle(numbers, of: column.type, part)
      if !column.type.isFloating { for row in numbers.indices { numbers[row].round(.down) } }
      count = column.rows
    }
  }

  // MARK: Vectors

  private func writeVectors(
    _ values: Column, to tensor: InputTensor, _ feature: Int,
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    guard let elements = values.elements else { return }
    let target = tensor.floats
    for row in 0..<values.rows where !values.isNull(row) {
      let range = values.elementRange(row)
      guard range.count == width else {
        let reason = "the list has \(range.count) values, the model takes \(width)"
        note([row], .deadLetter, reason, &faults)
        continue
      }
      let place = row * tensor.features + feature
      let list = elements[range]
      withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { numbers in
        _ = list.copyNumbers(to: numbers)
        for position in 0..<width { target[place + position] = Float(numbers[position]) }
        if onNaN != .pass, list.type.isFloating, numbers.contains(where: \.isNaN) {
          for position in 0..<width { target[place + position] = Float(fill) }
          note([row], onNaN, "a value of the list is NaN", &faults)
        }
      }
      if list.nullCount > 0 {
        for position in list.nullRows { target[place + position] = Float(fill) }
        note([row], onNull, "a value of the list is null", &faults)
      }
    }
  }

  private func note(
    _ rows: [Int], _ policy: ModelDescription.Policy, _ reason: String,
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    guard policy == .fail || policy == .deadLetter else { return }
    faults += rows.map {
      FeatureAssembler.Fault(row: $0, column: column, reason: reason, isFatal: policy == .fail)
    }
  }
}
