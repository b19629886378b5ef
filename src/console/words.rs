//! What the console says, in each language. Invariant: a word that lacks a language does not
//! compile.

mod fields;
mod number;
mod terms;
mod titles;
mod verbs;

use sijil_projections::report::Report;

pub(crate) use number::{Words, rounded};
pub(crate) use verbs::happened;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Arabic, from right to left.
    Ar,
    /// Russian.
    Ru,
}

impl Lang {
    /// All of them.
    pub const ALL: [Lang; 3] = [Lang::En, Lang::Ar, Lang::Ru];

    /// The tag, as in `lang="ar"`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Ar => "ar",
            Lang::Ru => "ru",
        }
    }
    /// Its name in itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Ar => "العربية",
            Lang::Ru => "Русский",
        }
    }
    /// Which way it is read.
    pub(crate) const fn way(self) -> &'static str {
        match self {
            Lang::Ar => "rtl",
            Lang::En | Lang::Ru => "ltr",
        }
    }
    /// The language of a tag.
    pub(crate) fn of(tag: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.tag() == tag)
    }
    /// The first of the languages a browser asks for that is spoken here.
    pub(crate) fn accepted(header: &str) -> Option<Lang> {
        let tags = header.split(',').filter_map(|part| part.split([';', '-']).next());
        tags.map(str::trim).find_map(Lang::of)
    }
}

macro_rules! say {
    ($($name:ident $en:literal $ar:literal $ru:literal;)*) => {
        /// A phrase; `{}` stands for what is put into it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Say { $($name,)* }

        impl Say {
            /// The phrase in a language.
            pub(crate) const fn in_(self, lang: Lang) -> &'static str {
                let all = match self { $(Say::$name => [$en, $ar, $ru],)* };
                all[lang as usize]
            }
        }
    };
}

impl Say {
    /// The phrase with its gaps filled, in order.
    pub(crate) fn with(self, lang: Lang, values: &[&str]) -> String {
        let mut parts = self.in_(lang).split("{}");
        let mut said = parts.next().unwrap_or_default().to_owned();
        for (part, value) in parts.zip(values) {
            said.push_str(value);
            said.push_str(part);
        }
        said
    }
}

say! {
    Skip "Skip to the content" "انتقل إلى المحتوى" "К содержанию";
    Menu "Menu" "القائمة" "Меню";
    MainMenu "Main menu" "القائمة الرئيسية" "Главное меню";
    Today "Today" "اليوم" "Сегодня";
    Sell "Sell" "البيع" "Продажи";
    Money "Money" "المال" "Деньги";
    Goods "Goods" "البضاعة" "Товары";
    People "People" "الناس" "Люди";
    House "House" "الدار" "Дом";
    AllReports "All reports" "كل التقارير" "Все отчёты";
    Log "Log" "السجل" "Журнал";
    Reference "Reference" "المرجع" "Справочник";
    Clocks "Clocks" "الساعتان" "Часы";
    Search "Search" "بحث" "Поиск";
    SearchHint "Name, id, amount or record" "اسم أو معرّف أو مبلغ أو قيد"
        "Имя, номер, сумма, запись";
    TrueOn "True on" "صحيح في" "Верно на";
    Known "Known" "معلوم" "Известно";
    Now "now" "الآن" "сейчас";
    SignOut "Sign out" "خروج" "Выйти";
    CopyLink "Link that never changes" "رابط ثابت" "Неизменная ссылка";
    PastNotice "You see what was known up to record {}. {} newer records are left out."
        "ترى ما كان معلومًا حتى القيد {}. تُرك {} قيدًا أحدث."
        "Показано известное до записи {}. Более новых записей не учтено: {}.";
    QuietNotice "Nothing newer is recorded: you see {}, the day of the newest record."
        "لا قيود أحدث: ترى {}، يوم أحدث قيد."
        "Новее записей нет: показан {}, день последней записи.";
    SeeNow "Now" "الآن" "Сейчас";
    WhatChanged "What changed since" "ما الذي تغيّر" "Что изменилось";
    ScopeNotice "This is of a part of the company: {}." "هذا عن جزء من الشركة: {}."
        "Это часть компании: {}.";
    UpToNow "Everything recorded up to now." "كل ما سُجّل حتى الآن." "Всё записанное до сих пор.";
    SalesMonth "Sales this month" "مبيعات الشهر" "Продажи за месяц";
    ReceivedMonth "Received this month" "مقبوضات الشهر" "Получено за месяц";
    Overdue "Overdue" "متأخر السداد" "Просрочено";
    OpenWeighted "Open deals, weighted" "صفقات مفتوحة مرجّحة" "Открытые сделки, с весом";
    StockAtCost "Stock at cost" "المخزون بالتكلفة" "Запас по себестоимости";
    MonthBefore "{} in the month before" "{} في الشهر السابق" "{} месяцем ранее";
    OfOwed "of {} that is owed" "من {} مستحقة" "из {} долга";
    OfDeals "{} deals, {} unweighted" "{} صفقة، {} دون ترجيح" "сделок: {}, без веса {}";
    InUnit "in {}" "بعملة {}" "в {}";
    NotShown "Not shown to you" "لا يُعرض لك" "Вам не показано";
    ByMonth "Received by month" "المقبوضات شهريًا" "Получено по месяцам";
    Waiting "Waiting for you" "بانتظارك" "Ждут вас";
    NothingWaits "Nothing waits." "لا شيء ينتظر." "Ничего не ждёт.";
    JustRecorded "Just recorded" "سُجّل للتو" "Только что записано";
    WaitInvoices "Overdue invoices" "فواتير متأخرة" "Просроченные счета";
    WaitTasks "Tasks past their day" "مهام فات موعدها" "Просроченные задачи";
    WaitClaims "Claims that are open" "مطالبات مفتوحة" "Открытые претензии";
    WaitRequirements "Requirements of regulations still to be met" "متطلبات لوائح لم تُستوف بعد"
        "Невыполненные требования регламентов";
    WaitNegative "Accounts below zero" "حسابات تحت الصفر" "Счета ниже нуля";
    WaitPersons "Requests of persons" "طلبات أشخاص" "Запросы субъектов";
    Edition "Edition {}" "الإصدار {}" "Редакция {}";
    HowComputed "How it is computed" "كيف يُحسب" "Как это посчитано";
    AsRequest "As a request" "كطلب برمجي" "Как запрос";
    Filters "Ask otherwise" "اسأل بطريقة أخرى" "Спросить иначе";
    Ask "Ask" "اسأل" "Спросить";
    Any "any" "أي" "любое";
    HiddenRows "{} rows of zeros are hidden."
        "{} صفًا من الأصفار مخفي."
        "Скрыто нулевых строк: {}.";
    ShowThem "Show them" "أظهرها" "Показать";
    HideZeros "Hide rows of zeros" "أخفِ صفوف الأصفار" "Скрыть нулевые строки";
    Rows "{} rows" "{} صفًا" "Строк: {}";
    RowsOf "{} of {} rows" "{} من {} صفًا" "{} из {} строк";
    Next "Next page" "الصفحة التالية" "Дальше";
    First "First page" "الصفحة الأولى" "В начало";
    Total "Total" "المجموع" "Итого";
    NoRows "Nothing in this window." "لا شيء في هذه النافذة." "В этом окне ничего нет.";
    NoRowsHint "Ask with another day, or look at what is recorded."
        "اسأل بيوم آخر أو انظر في السجل."
        "Выберите другой день или посмотрите журнал.";
    MoreInTable "{} more stand in the table" "{} أخرى في الجدول" "Ещё {} в таблице";
    Picture "Picture" "الرسم" "Рисунок";
    Table "Table" "الجدول" "Таблица";
    Question "Question" "السؤال" "Вопрос";
    Formula "Formula" "الصيغة" "Формула";
    Source "Source" "المصدر" "Источник";
    Compare "Compare with an earlier day" "قارن بيوم سابق" "Сравнить с прошлым";
    Since "Known before: a day or a record"
        "المعلوم قبلًا: يوم أو قيد"
        "Известно раньше: день или запись";
    Why "Why {}?" "لماذا {}؟" "Почему {}?";
    WhySum "These {} records add up to {}."
        "هذه القيود ({}) مجموعها {}."
        "Записей: {}, вместе они дают {}.";
    WhyQuotient "{} is a quotient: {} records stand above the line, {} below."
        "{} حاصل قسمة: فوق الخط {} قيدًا وتحته {}."
        "{} — частное: записей над чертой {}, под чертой {}.";
    WhySaid "{} is said by {} records." "{} تقوله {} قيود." "{} сказано записями: {}.";
    WhyAsked "{} follows from the question; no record says it." "{} يتبع من السؤال؛ لا قيد يقوله."
        "{} следует из вопроса; записей за ним нет.";
    Settled "{} documents with {} records add 0 and are not listed."
        "{} مستندًا بـ {} قيدًا لا تضيف شيئًا ولم تُدرج."
        "Документов с нулевым итогом: {} (записей {}), они не показаны.";
    AddUp "The records add up to the cell."
        "مجموع القيود يساوي الخلية."
        "Записи в сумме дают ячейку.";
    OnThisPage "On this page" "في هذه الصفحة" "На этой странице";
    Sum "{} records" "{} قيود" "Записей: {}";
    Contributes "Contributes" "يضيف" "Вклад";
    Divides "Below the line" "تحت الخط" "Под чертой";
    RecordWord "Record" "القيد" "Запись";
    What "What" "ماذا" "Что";
    When "True on" "صحيح في" "Когда";
    RecordedAt "Recorded" "سُجّل" "Записано";
    By "By" "بواسطة" "Кем";
    About "About" "بشأن" "О чём";
    LaterDays "recorded {} days later" "سُجّل بعد {} يومًا" "записано через {} дн.";
    Changed "What changed in {}" "ما الذي تغيّر في {}" "Что изменилось: {}";
    ChangedNone "Nothing that is shown changed." "لم يتغيّر شيء معروض." "Показанное не изменилось.";
    ChangedLede "Known up to record {} against record {}: {} rows differ."
        "المعلوم حتى القيد {} مقابل القيد {}: اختلف {} صفًا."
        "Известное до записи {} против записи {}: отличается строк: {}.";
    Before "Before" "قبل" "Было";
    After "After" "بعد" "Стало";
    Difference "Difference" "الفرق" "Разница";
    Because "Because of" "بسبب" "Из-за";
    Others "{} other records" "{} قيود أخرى" "Прочих записей: {}";
    Facts "Facts" "الحقائق" "Факты";
    History "History" "التاريخ" "История";
    Revision "revision {}" "مراجعة {}" "редакция {}";
    Voided "voided" "ملغى" "аннулировано";
    VoidedBy "by {} on {}" "بواسطة {} في {}" "{}, {}";
    GoneEntity "Its opening was voided: it does not count." "أُلغي فتحه: لا يُحتسب."
        "Открытие аннулировано: не учитывается.";
    NotYet "It is not there yet on this day: it begins on {}."
        "ليس موجودًا بعد في هذا اليوم: يبدأ في {}."
        "В этот день его ещё нет: оно начинается {}.";
    Hidden "hidden from you" "محجوب عنك" "скрыто от вас";
    Missing "gone without an erasure" "مفقود بلا محو" "пропало без удаления";
    Erased "erased" "مُحي" "удалено";
    Opened "Since {}" "منذ {}" "С {}";
    MoreOf "{} of {} records; the others stand in the log." "{} من {} قيدًا؛ الباقي في السجل."
        "{} из {} записей; остальные в журнале.";
    Was "was {}" "كان {}" "было {}";
    Reason "Reason" "السبب" "Причина";
    Name "Name" "الاسم" "Имя";
    NoneOfKind "None yet." "لا شيء بعد." "Пока нет.";
    ShowOther "Show" "اعرض" "Показать";
    NewestFirst "newest first" "الأحدث أولًا" "сначала новые";
    Older "Older" "أقدم" "Старее";
    Newer "Newer" "أحدث" "Новее";
    Family "Family" "الأسرة" "Семейство";
    RecordNo "Record {}" "القيد {}" "Запись {}";
    AsJson "As it is kept" "كما هو محفوظ" "Как хранится";
    Voids "Voids" "يُلغي" "Аннулирует";
    PickDay "Choose days" "اختر الأيام" "Выберите дни";
    ClocksLede "Every number has two dates: what was true then, and what was known then."
        "لكل رقم تاريخان: ما كان صحيحًا حينها، وما كان معلومًا حينها."
        "У каждого числа две даты: что было верно и что было известно.";
    AsOfHint "A day, or a time with offset" "يوم أو وقت بإزاحة" "День или время со смещением";
    KnownHint "A record's number, a day or a time; empty is now"
        "رقم قيد أو يوم أو وقت؛ الفراغ يعني الآن"
        "Номер записи, день или время; пусто — сейчас";
    Go "Go" "انتقل" "Перейти";
    MonthEnds "Month ends" "نهايات الأشهر" "Концы месяцев";
    ThereIsProblem "There is a problem" "هناك مشكلة" "Есть проблема";
    ProblemMeans "What this means" "ما معنى هذا" "Что это значит";
    NotFound "Nothing is here" "لا شيء هنا" "Здесь ничего нет";
    NotFoundLede "No page, entity or record has this address."
        "لا صفحة ولا كيان ولا قيد بهذا العنوان."
        "По этому адресу нет ни страницы, ни объекта, ни записи.";
    Refused "This cannot be shown" "لا يمكن عرض هذا" "Это нельзя показать";
    Back "To Today" "إلى اليوم" "На главную";
    Found "Found for {}" "نتائج {}" "Найдено: {}";
    FoundNone "Nothing has this name, id or amount."
        "لا شيء بهذا الاسم أو المعرّف أو المبلغ."
        "Нет ничего с таким именем, номером или суммой.";
    FoundHint "Ids and amounts as they are written, names of clients by the beginnings of words."
        "يُبحث عن المعرّف والمبلغ كما كُتبا، وعن أسماء العملاء ببدايات كلماتها."
        "Номера и суммы ищутся как написаны, имена клиентов — по началам слов.";
    Language "Language" "اللغة" "Язык";
    Zone "Times are of {}." "الأوقات بتوقيت {}." "Время: {}.";
    Stale "The log is out of reach: this is what was known." "السجل غير متاح: هذا ما كان معلومًا."
        "Журнал недоступен: показано известное ранее.";
    NeedsMore "This question needs one more answer." "يحتاج هذا السؤال إلى إجابة أخرى."
        "Для этого вопроса нужно ещё одно значение.";
    Required "needed" "مطلوب" "нужно";
    Health "How it stands" "حال الدار" "Состояние";
    TakesWrites "It runs and takes writes." "يعمل ويقبل التسجيل." "Работает и принимает записи.";
    TakesNoWrites "It takes no writes." "لا يقبل التسجيل." "Записи не принимаются.";
    SinceStart "Since it was started" "منذ بدء التشغيل" "С момента запуска";
    Projections "Projections" "الإسقاطات" "Проекции";
    ProjectionsLede
        "Each is made from the log alone, and can be made anew beside the one that serves."
        "كلٌّ منها يُبنى من السجل وحده، ويمكن بناؤه من جديد بجانب الذي يخدم."
        "Каждая строится только из журнала и может быть построена заново рядом с действующей.";
    Rebuild "Rebuild" "إعادة البناء" "Построить заново";
    CompareOnly "Compare only" "قارن فقط" "Только сравнить";
    RebuildSwitch "Rebuild and switch" "أعد البناء وبدّل" "Построить и заменить";
    PutBack "Put back" "أعد السابق" "Вернуть прежнюю";
    DigestsEqual "The digests are equal: what serves is what the log says."
        "البصمتان متساويتان: ما يخدم هو ما يقوله السجل."
        "Отпечатки равны: действующее совпадает с журналом.";
    DigestsDiffer "The digests differ." "البصمتان مختلفتان." "Отпечатки различаются.";
    LiveDigest "What serves:" "الذي يخدم:" "Действующая:";
    Rebuilt "{} records in {} ms." "{} قيدًا في {} م.ث." "Записей: {}, {} мс.";
    Switched "The new one serves now." "الجديد يخدم الآن." "Теперь действует новая.";
    KeptBack "The one before is kept and can be put back."
        "السابق محفوظ ويمكن إعادته." "Прежняя сохранена, её можно вернуть.";
    Checkpoint "Signed checkpoint" "نقطة تحقق موقّعة" "Подписанная контрольная точка";
    ProofWord "Proof" "الإثبات" "Доказательство";
    ProofOf "Proof of record {}" "إثبات القيد {}" "Доказательство записи {}";
    ProofLede "It shows to anybody, offline, that this record stands in the log as it is."
        "يُظهر لأي أحد، دون اتصال، أن هذا القيد في السجل كما هو."
        "Любому и без связи показывает, что запись стоит в журнале именно такой.";
    Download "Download" "تنزيل" "Скачать";
    HowChecked "How it is checked" "كيف يُتحقق منه" "Как проверить";
    CheckWith "With this binary, or with verify.py, which it writes; the key is the log's own."
        "بهذا البرنامج أو بـ verify.py الذي يكتبه؛ والمفتاح مفتاح السجل."
        "Этой программой или verify.py, который она пишет; ключ — самого журнала.";
    CompareEntity "Compare with earlier" "قارن بما سبق" "Сравнить с прежним";
    RecordTitle "What happened?" "ماذا حدث؟" "Что произошло?";
    RecordLede
        "What happens is recorded once, as an event; nothing is edited; what was wrong is voided."
        "ما يحدث يُسجّل مرة واحدة حدثًا؛ لا شيء يُعدّل، وما كان خطأ يُلغى."
        "Происходящее записывается один раз; ничего не правится, ошибочное аннулируется.";
    RecordIt "Record" "سجّل" "Записать";
    RecordMore "Record…" "سجّل…" "Записать…";
    MayRecord "Record something of it" "سجّل شيئًا عنه" "Записать о нём";
    MoreFields "More fields" "حقول أخرى" "Ещё поля";
    MoreRows "Add rows" "أضف صفوفًا" "Добавить строки";
    RowNo "Row {}" "الصف {}" "Строка {}";
    ValueWord "Value" "القيمة" "Значение";
    PersonalField "about a person" "عن شخص" "о человеке";
    CheckIt "See what would happen" "انظر ماذا سيحدث" "Что произойдёт";
    ChangeIt "Change" "عدّل" "Изменить";
    WouldHappen "What would happen" "ماذا سيحدث" "Что произойдёт";
    NotYetRecorded "Nothing is recorded yet." "لم يُسجّل شيء بعد." "Пока ничего не записано.";
    SaysTheSame "These would say the same:" "ستبقى كما هي:" "Без изменений:";
    OccurredAt "When it happened" "متى حدث" "Когда произошло";
    OccurredHint "As in 2025-01-31 09:00, in {}; empty is now"
        "مثل 2025-01-31 09:00 بتوقيت {}؛ الفراغ يعني الآن"
        "Например, 2025-01-31 09:00 ({}); пусто — сейчас";
    ActorHint "Whose act it is, as in accountant-1" "من قام به، مثل accountant-1"
        "Чьё это действие, например accountant-1";
    RecordedAs "Recorded by {}" "يُسجّل باسم {}" "Записывает {}";
    VoidIt "Void…" "إلغاء…" "Аннулировать…";
    RecordAgain "Record it anew…" "سجّله من جديد…" "Записать заново…";
    VoidLede
        "The record stays, struck through, with who, when and why; it counts for nothing then."
        "يبقى القيد مشطوبًا مع من ومتى ولماذا؛ ولا يُحتسب بعدها."
        "Запись остаётся зачёркнутой: кто, когда и почему; она больше не учитывается.";
    VoidThem "Void these {} with it" "ألغِ هذه ({}) معه" "Аннулировать и их: {}";
    Dependants "These records rest on it" "هذه القيود تستند إليه" "На ней держатся записи";
    Together "{} records, together or none." "{} قيود، معًا أو لا شيء."
        "Записей: {}, вместе или никак.";
    Who "You are {}" "أنت {}" "Вы: {}";
    Operator "whoever holds the files of this ledger"
        "من بيده ملفات هذا السجل"
        "владелец файлов журнала";
    Open "nobody is asked who he is" "لا يُسأل أحد من هو" "никого не спрашивают";
}

/// The title of a report, and the language it is in.
pub(crate) fn title(report: &Report, lang: Lang) -> (&'static str, Lang) {
    titles::title(report.name, lang).map_or((report.title, Lang::En), |title| (title, lang))
}

/// A name of the registry in words, and the language it is in: where it has none, its own letters
/// as English.
pub(crate) fn named(name: &str, lang: Lang) -> (String, Lang) {
    if let Some(said) = terms::term(name, lang) {
        return (said.to_owned(), lang);
    }
    let mut letters = name.replace(['_', '.'], " ");
    if let Some(first) = letters.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    (letters, Lang::En)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use sijil_projections::reports;
    use sijil_schemas::event::EVENT_TYPES;

    use super::*;

    /// The names in a schema that people read: fields, and the words that a field may be.
    fn names(schema: &Value, all: &mut BTreeSet<String>) {
        if let Some(fields) = schema["properties"].as_object() {
            all.extend(fields.keys().cloned());
        }
        all.extend(schema["const"].as_str().map(ToOwned::to_owned));
        match schema {
            Value::Object(parts) => parts.values().for_each(|part| names(part, all)),
            Value::Array(parts) => parts.iter().for_each(|part| names(part, all)),
            _ => (),
        }
    }

    #[test]
    fn whatever_people_read_has_words_in_every_language() {
        let mut all = BTreeSet::new();
        for of in EVENT_TYPES {
            names(&of.json_schema(), &mut all);
            all.insert(of.family.to_owned());
            all.extend(of.home_kind.map(|kind| kind.name().to_owned()));
        }
        for report in reports::all() {
            all.extend(report.parameters.iter().map(|parameter| parameter.name.to_owned()));
        }
        for lang in [Lang::Ar, Lang::Ru] {
            let silent = |said: Lang| said != lang;
            let names: Vec<&String> =
                all.iter().filter(|name| silent(named(name, lang).1)).collect();
            assert_eq!(names, Vec::<&String>::new(), "in {}", lang.tag());
            let events: Vec<&str> = EVENT_TYPES.iter().map(|of| of.name).collect();
            let events: Vec<&&str> =
                events.iter().filter(|name| silent(happened(name, lang).1)).collect();
            assert_eq!(events, Vec::<&&str>::new(), "in {}", lang.tag());
            let untitled: Vec<&str> = reports::all()
                .filter(|report| silent(title(report, lang).1))
                .map(|report| report.name)
                .collect();
            assert_eq!(untitled, Vec::<&str>::new(), "in {}", lang.tag());
        }
    }

    #[test]
    fn names_stand_in_order_and_once() {
        let [terms, fields, verbs] = [terms::TERMS, fields::TERMS, verbs::VERBS]
            .map(|list| list.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for list in [&terms, &fields, &verbs] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
        let twice: Vec<_> = fields.iter().filter(|name| terms.contains(name)).collect();
        assert_eq!(twice, Vec::<&&str>::new());
    }
}
