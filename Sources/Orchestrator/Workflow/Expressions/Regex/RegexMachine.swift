/// One instruction of a compiled pattern.
enum RegexInstruction: Hashable, Sendable {
  case scalar(RegexClass)
  case assertion(RegexAssertion)
  /// Both ways are followed; the first is preferred.
  case split(Int, Int)
  case jump(Int)
  /// Notes the position: slot 2n is where group n starts, 2n + 1 where it ends.
  case save(Int)
  case match
}

struct RegexProgram: Hashable, Sendable {
  var instructions: [RegexInstruction]
  /// Names of the groups by index, nil for those without.
  var groupNames: [String?]
}

/// Turns a parsed pattern into a program (Thompson's construction).
struct RegexCompiler {
  static let maximumInstructions = 20_000
  private var instructions: [RegexInstruction] = []
  private let groupNames: [String?]

  init(groupNames: [String?]) { self.groupNames = groupNames }

  mutating func compile(_ node: RegexNode) throws(RegularExpressionError) -> RegexProgram {
    try emit(.capture(node, index: 0))
    try append(.match)
    return RegexProgram(instructions: instructions, groupNames: groupNames)
  }

  private mutating func append(_ instruction: RegexInstruction) throws(RegularExpressionError) {
    guard instructions.count < Self.maximumInstructions else {
      throw RegularExpressionError(message: "the pattern is too large", offset: nil)
    }
    instructions.append(instruction)
  }

  private mutating func emit(_ node: RegexNode) throws(RegularExpressionError) {
    switch node {
    case .empty: break
    case .scalar(let set): try append(.scalar(set))
    case .assertion(let assertion): try append(.assertion(assertion))
    case .capture(let node, let index):
      try append(.save(2 * index))
      try emit(node)
      try append(.save(2 * index + 1))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .alternatives(let nodes): try emit(alternatives: nodes[...])
    case .repetition(let node, let minimum, let maximum, let greedy):
      for _ in 0..<(maximum == nil ? max(minimum - 1, 0) : minimum) { try emit(node) }
      if let maximum {
        try emit(optional: node, times: maximum - minimum, greedy: greedy)
      } else {
        try emit(endless: node, mayBeAbsent: minimum == 0, greedy: greedy)
      }
    }
  }

  private mutating func emit(alternatives nodes: ArraySlice<RegexNode>) throws(RegularExpressionError) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      let isLast = index == nodes.count - 1
      let split = instructions.count
      if !isLast { try append(.split(split + 1, 0)) }
      try emit(node)
      guard !isLast else { break }
      jumps.append(instructions.count)
      try append(.jump(0))
      instructions[split] = .split(split + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  /// `x{0,3}` is `(x(x(x)?)?)?`: every later copy is left out with the earlier one.
  private mutating func emit(
    optional node: RegexNode, times: Int, greedy: Bool
  ) throws(RegularExpressionError) {
    var splits: [Int] = []
    for _ in 0..<max(times, 0) {
      splits.append(instructions.count)
      try append(.split(0, 0))
      try emit(node)
    }
    for split in splits { instructions[split] = choice(split + 1, instructions.count, greedy) }
  }

  /// `x+` is `x` with a way back; `x*` is `(x+)?`, so that an empty `x` ends both alike.
  private mutating func emit(
    endless node: RegexNode, mayBeAbsent: Bool, greedy: Bool
  ) throws(RegularExpressionError) {
    let entry = instructions.count
    if mayBeAbsent { try append(.split(0, 0)) }
    let start = instructions.count
    try emit(node)
    let split = instructions.count
    try append(choice(start, split + 1, greedy))
    if mayBeAbsent { instructions[entry] = choice(start, split + 1, greedy) }
  }

  private func choice(_ inside: Int, _ outside: Int, _ greedy: Bool) -> RegexInstruction {
    greedy ? .split(inside, outside) : .split(outside, inside)
  }
}

/// Runs a program over a text, all threads in step (Pike's machine): every scalar is looked at once.
struct RegexMachine {
  private struct Thread {
    var instruction: Int
    var slots: [Int]
  }

  private let program: RegexProgram
  private let text: [Unicode.Scalar]
  private var stepsLeft: Int
  /// The position (after `base`) at which an instruction was last reached, so that none is followed twice at one.
  private var lastReached: [Int]
  /// Grows with every search, so that the marks of earlier ones need no clearing.
  private var base = 0
  private var threads: [Thread] = []
  private var nextThreads: [Thread] = []
  /// Threads still to be followed; kept between calls for its storage.
  private var pending: [Thread] = []
  /// Without groups, the first match found ends the search, wherever it lies.
  private let capturesGroups: Bool

  init(program: RegexProgram, text: [Unicode.Scalar], steps: Int, capturesGroups: Bool = true) {
    self.program = program
    self.text = text
    self.capturesGroups = capturesGroups
    stepsLeft = steps
    lastReached = Array(repeating: -1, count: program.instructions.count)
  }

  mutating func firstMatch(from start: Int) throws(RegularExpressionError) -> RegularExpressionMatch? {
    var found: [Int]?
    nextThreads = []
    base += text.count + 2
    let unset = Array(repeating: -1, count: capturesGroups ? 2 * program.groupNames.count : 0)
    for position in start...max(text.count, start) {
      if found == nil { try follow(0, slots: unset, at: position) }
      swap(&threads, &nextThreads)
      nextThreads.removeAll(keepingCapacity: true)
      if threads.isEmpty, found != nil { break }
      guard let slots = try step(at: position) else { continue }
      found = slots
      if !capturesGroups { break }
    }
    return found.map(Self.match)
  }

  private static func match(_ slots: [Int]) -> RegularExpressionMatch {
    let groups = stride(from: 0, to: slots.count, by: 2).map { index -> Range<Int>? in
      slots[index] >= 0 && slots[index + 1] >= slots[index] ? slots[index]..<slots[index + 1] : nil
    }
    return RegularExpressionMatch(groups: groups)
  }

  /// Moves every thread over the scalar at `position`. A thread that matches ends all less preferred ones.
  private mutating func step(at position: Int) throws(RegularExpressionError) -> [Int]? {
    for index in threads.indices {
      let thread = threads[index]
      switch program.instructions[thread.instruction] {
      case .match: return thread.slots
      case .scalar(let set) where position < text.count && set.contains(text[position]):
        try follow(thread.instruction + 1, slots: thread.slots, at: position + 1)
      default: break
      }
    }
    return nil
  }

  /// Adds the threads that `start` leads to without reading a scalar, preferred ones first.
  private mutating func follow(
    _ start: Int, slots: [Int], at position: Int
  ) throws(RegularExpressionError) {
    pending.append(Thread(instruction: start, slots: slots))
    while var thread = pending.popLast() {
      guard lastReached[thread.instruction] != base + position else { continue }
      lastReached[thread.instruction] = base + position
      stepsLeft -= 1
      guard stepsLeft > 0 else {
        throw RegularExpressionError(message: "the match takes too long", offset: nil)
      }
      switch program.instructions[thread.instruction] {
      case .jump(let target):
        thread.instruction = target
        pending.append(thread)
      case .split(let first, let second):
        pending.append(Thread(instruction: second, slots: thread.slots))
        thread.instruction = first
        pending.append(thread)
      case .save(let slot):
        if capturesGroups {
          // The slots are copied here: a pattern with many groups pays for it.
          stepsLeft -= thread.slots.count / 16
          thread.slots[slot] = position
        }
        thread.instruction += 1
        pending.append(thread)
      case .assertion(let assertion):
        guard holds(assertion, at: position) else { continue }
        thread.instruction += 1
        pending.append(thread)
      case .scalar, .match: nextThreads.append(thread)
      }
    }
  }

  private func holds(_ assertion: RegexAssertion, at position: Int) -> Bool {
    switch assertion {
    case .textStart: position == 0
    case .textEnd: position == text.count
    case .lineStart: position == 0 || text[position - 1] == "\n"
    case .lineEnd: position == text.count || text[position] == "\n"
    case .wordBoundary: isWord(position - 1) != isWord(position)
    case .noWordBoundary: isWord(position - 1) == isWord(position)
    }
  }

  private func isWord(_ position: Int) -> Bool {
    position >= 0 && position < text.count && text[position].isASCIIWord
  }
}
