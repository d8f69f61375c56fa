extension DateTime {
  /// Reads `text` as `layout` shows it. A text without a zone is in `zone`; a text without a date is in the year 0, as
  /// Go has it. Nil when text and layout do not fit.
  init?(_ text: String, layout: GoTimeLayout, zone: FixedZone = .utc) {
    var parser = GoTimeParser(text: text[...], zone: zone)
    for (index, element) in layout.elements.enumerated() {
      guard parser.take(element, before: layout.elements.dropFirst(index + 1).first) else { return nil }
    }
    guard parser.text.isEmpty, let date = parser.date else { return nil }
    self = date
  }
}

/// What has been read of a date so far.
private struct GoTimeParser {
  var text: Substring
  var zone: FixedZone
  private var year = 0
  private var month = 1
  private var day = 1
  private var yearDay: Int?
  private var hour = 0
  private var isAfternoon: Bool?
  private var minute = 0
  private var second = 0
  private var nanosecond = 0

  init(text: Substring, zone: FixedZone) {
    self.text = text
    self.zone = zone
  }

  var date: DateTime? {
    var hour = hour
    if let isAfternoon {
      guard (1...12).contains(hour) else { return nil }
      hour = hour % 12 + (isAfternoon ? 12 : 0)
    }
    var (month, day) = (month, day)
    if let yearDay { (month, day) = (1, yearDay) }
    guard (1...12).contains(month), day >= 1, day <= (yearDay == nil ? daysInMonth : daysInYear),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    return DateTime(civil, nanosecond: nanosecond, zone: zone)
  }

  private var daysInMonth: Int {
    daysSinceEpoch(year: year, month: month + 1, day: 1) - daysSinceEpoch(year: year, month: month, day: 1)
  }

  private var daysInYear: Int {
    daysSinceEpoch(year: year + 1, month: 1, day: 1) - daysSinceEpoch(year: year, month: 1, day: 1)
  }

  /// Consumes one element; false when the text has something else.
  mutating func take(_ element: GoTimeLayout.Element, before next: GoTimeLayout.Element?) -> Bool {
    switch element {
    case .text(let wanted): return take(wanted)
    case .year: return take(into: \.year, digits: 4...4)
    case .shortYear:
      guard take(into: \.year, digits: 2...2) else { return false }
      year += year >= 69 ? 1900 : 2000
      return true
    case .month(let digits): return take(into: \.month, digits: digits...2)
    case .monthName: return take(into: \.month, among: GoTimeLayout.monthNames, from: 1)
    case .shortMonthName:
      return take(into: \.month, among: GoTimeLayout.monthNames.map { String($0.prefix(3)) }, from: 1)
    case .day(let padding):
      if padding == " ", text.first == " " { text.removeFirst() }
      return take(into: \.day, digits: (padding == "0" ? 2 : 1)...2)
    case .yearDay: return takeYearDay()
    case .weekdayName: return takeName(among: GoTimeLayout.weekdayNames) != nil
    case .shortWeekdayName: return takeName(among: GoTimeLayout.weekdayNames.map { String($0.prefix(3)) }) != nil
    default: return takeTime(element, before: next)
    }
  }

  private mutating func takeTime(_ element: GoTimeLayout.Element, before next: GoTimeLayout.Element?) -> Bool {
    switch element {
    case .hour24: return take(into: \.hour, digits: 2...2)
    case .hour12(let padded): return take(into: \.hour, digits: (padded ? 2 : 1)...2)
    case .half:
      guard let half = takeName(among: ["AM", "PM"]) else { return false }
      isAfternoon = half == 1
      return true
    case .minute(let padded): return take(into: \.minute, digits: (padded ? 2 : 1)...2)
    case .second(let padded):
      guard take(into: \.second, digits: (padded ? 2 : 1)...2) else { return false }
      // Go reads fractions of a second even where the layout has none.
      if case .fraction = next { return true }
      return takeFraction() ?? true
    case .fraction(_, _, let isFixed): return takeFraction() ?? !isFixed
    case .zoneName: return takeZoneName()
    case .zoneOffset(let style): return takeOffset(style)
    default: return false
    }
  }

  private mutating func take(_ wanted: String) -> Bool {
    guard text.hasPrefix(wanted) else { return false }
    text = text.dropFirst(wanted.count)
    return true
  }

  private mutating func takeDigits(_ counts: ClosedRange<Int>) -> Int? {
    let digits = text.prefix(counts.upperBound).prefix { $0.isASCII && $0.isNumber }
    guard counts.contains(digits.count), let number = Int(digits) else { return nil }
    text = text.dropFirst(digits.count)
    return number
  }

  private mutating func take(into part: WritableKeyPath<GoTimeParser, Int>, digits: ClosedRange<Int>) -> Bool {
    guard let number = takeDigits(digits) else { return false }
    self[keyPath: part] = number
    return true
  }

  private mutating func takeName(among names: [String]) -> Int? {
    let index = names.firstIndex { text.lowercased().hasPrefix($0.lowercased()) }
    if let index { text = text.dropFirst(names[index].count) }
    return index
  }

  private mutating func take(
    into part: WritableKeyPath<GoTimeParser, Int>, among names: [String], from first: Int
  ) -> Bool {
    guard let index = takeName(among: names) else { return false }
    self[keyPath: part] = first + index
    return true
  }

  private mutating func takeYearDay() -> Bool {
    while text.first == " " { text.removeFirst() }
    yearDay = takeDigits(1...3)
    return yearDay != nil
  }

  /// Nil when no fraction follows, false when what follows is none.
  private mutating func takeFraction() -> Bool? {
    guard let separator = text.first, separator == "." || separator == "," else { return nil }
    let digits = text.dropFirst().prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { return nil }
    let nine = digits.prefix(9) + String(repeating: "0", count: max(9 - digits.count, 0))
    nanosecond = Int(nine) ?? 0
    text = text.dropFirst(1 + digits.count)
    return true
  }

  private mutating func takeZoneName() -> Bool {
    let name = text.prefix { $0.isASCII && $0.isUppercase }
    guard (3...5).contains(name.count) else { return false }
    text = text.dropFirst(name.count)
    // Without a database an abbreviation says nothing of its offset; Go too takes 0 then.
    zone = FixedZone(name: String(name), offset: 0)
    return true
  }

  private mutating func takeOffset(_ style: GoTimeLayout.ZoneStyle) -> Bool {
    if style.usesZ, take("Z") {
      zone = .utc
      return true
    }
    let sign = text.first == "-" ? -1 : 1
    guard take("+") || take("-"), let hours = takeDigits(2...2) else { return false }
    var offset = hours * 3600
    for unit in [60, 1].prefix(style.hasSeconds ? 2 : style.hasMinutes ? 1 : 0) {
      guard !style.hasColon || take(":"), let part = takeDigits(2...2), part < 60 else { return false }
      offset += part * unit
    }
    guard hours < 24 else { return false }
    zone = offset == 0 ? .utc : FixedZone(name: "", offset: sign * offset)
    return true
  }
}
