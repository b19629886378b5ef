//! What happened to an entity, in words: the second half of the names of event types. Invariant: a
//! row has all languages, or it does not compile; names stand in order, so that each stands once.

use super::{Lang, named};

macro_rules! verbs {
    ($($name:literal $en:literal $ar:literal $ru:literal;)*) => {
        pub(super) const VERBS: &[(&str, [&str; 3])] = &[$(($name, [$en, $ar, $ru]),)*];
    };
}

/// An event type in words, and the language they are in: English where a half of it has no others.
pub(crate) fn happened(event_type: &str, lang: Lang) -> (String, Lang) {
    let (of, what) = event_type.split_once('.').unwrap_or(("", event_type));
    let verb = VERBS.binary_search_by_key(&what, |(name, _)| name).ok().map(|at| VERBS[at].1);
    if let (Some(verb), (noun, said)) = (verb, named(of, lang))
        && said == lang
    {
        let verb = verb[lang as usize];
        // Neither language bends its words by what they stand beside.
        let between = if lang == Lang::En { " " } else { ": " };
        return (format!("{noun}{between}{verb}"), lang);
    }
    (format!("{} {}", named(of, Lang::En).0, what.replace('_', " ")), Lang::En)
}

verbs! {
    "absent" "absent" "غياب" "отсутствие";
    "accepted" "accepted" "قبول" "принятие";
    "added" "added" "إضافة" "добавление";
    "adjusted" "adjusted" "تسوية" "корректировка";
    "allocated" "allocated" "تخصيص" "зачёт";
    "amended" "amended" "تعديل" "изменение";
    "annotated" "annotated" "تعليق" "пометка";
    "answered" "answered" "إجابة" "ответ";
    "archived" "archived" "أرشفة" "архивирование";
    "assigned" "assigned" "إسناد" "назначение";
    "attended" "attended" "حضور" "участие";
    "attested" "attested" "شهادة" "заверение";
    "attributes_set" "attributes set" "ضبط السمات" "задание полей";
    "begun" "begun" "بدء" "начало";
    "blocked" "blocked" "حظر" "блокировка";
    "brought_forward" "brought forward" "ترحيل رصيد" "ввод остатка";
    "cancelled" "cancelled" "إلغاء" "отмена";
    "changed" "changed" "تغيير" "изменение";
    "channels_changed" "channels changed" "تغيير القنوات" "смена каналов";
    "client_set" "client set" "تحديد العميل" "указание клиента";
    "closed" "closed" "إغلاق" "закрытие";
    "competitors_set" "competitors set" "تحديد المنافسين" "указание конкурентов";
    "completed" "completed" "إتمام" "завершение";
    "cost_adjusted" "cost adjusted" "تعديل التكلفة" "корректировка стоимости";
    "cost_recorded" "cost recorded" "تسجيل تكلفة" "запись затрат";
    "counted" "counted" "جرد" "подсчёт";
    "credit_shares_set" "credit shares set" "توزيع الفضل" "доли заслуги";
    "credited" "credited" "إشعار دائن" "кредитование";
    "declined" "declined" "رفض" "отказ";
    "defined" "defined" "تعريف" "определение";
    "delivered" "delivered" "تسليم" "доставка";
    "details_changed" "details changed" "تغيير التفاصيل" "смена реквизитов";
    "disabled" "turned off" "إيقاف" "отключение";
    "dismissed" "dismissed" "إنهاء خدمة" "увольнение";
    "dispatched" "dispatched" "إرسال" "отгрузка";
    "done" "done" "إنجاز" "выполнение";
    "due_changed" "due date changed" "تغيير الموعد" "перенос срока";
    "enabled" "turned on" "تشغيل" "включение";
    "ended" "ended" "انتهاء" "окончание";
    "enrolled" "enrolled" "تسجيل" "зачисление";
    "erased" "erased" "محو" "удаление";
    "estimate_changed" "estimate changed" "تغيير التقدير" "смена оценки";
    "exchanged" "exchanged" "صرف" "обмен";
    "exported" "exported" "تصدير" "выгрузка";
    "fact_observed" "fact observed" "رصد معلومة" "наблюдение";
    "fiscal_year_set" "fiscal year set" "تحديد السنة المالية" "задание финансового года";
    "given" "given" "منح" "предоставление";
    "goal_set" "goal set" "تحديد هدف" "постановка цели";
    "granted" "granted" "منح" "выдача";
    "hired" "hired" "توظيف" "приём";
    "imported" "imported" "استيراد" "импорт";
    "invited" "invited" "دعوة" "приглашение";
    "issued" "issued" "إصدار" "выставление";
    "items_changed" "items changed" "تغيير الأصناف" "смена позиций";
    "keyed" "keyed" "تثبيت المفتاح" "привязка ключа";
    "lifted" "lifted" "رفع" "снятие";
    "lines_added" "lines added" "إضافة بنود" "добавление строк";
    "lines_changed" "lines changed" "تغيير البنود" "смена строк";
    "linked" "linked" "ربط" "привязка";
    "logged" "logged" "تدوين" "учёт";
    "lost" "lost" "خسارة" "проигрыш";
    "made" "made" "دفع" "отправка";
    "made_allocated" "payment made allocated" "تخصيص المدفوع" "зачёт исходящего";
    "made_refunded" "payment made refunded" "رد المدفوع" "возврат исходящего";
    "made_unallocated" "payment made unallocated" "فك تخصيص المدفوع" "снятие зачёта исходящего";
    "matched" "matched" "مطابقة" "сопоставление";
    "merged" "merged" "دمج" "слияние";
    "moved" "moved" "نقل" "перенос";
    "noted" "noted" "تدوين" "фиксация";
    "opened" "opened" "فتح" "открытие";
    "owner_assigned" "owner assigned" "إسناد المسؤول" "назначение ответственного";
    "owner_changed" "owner changed" "تغيير المسؤول" "смена ответственного";
    "participant_set" "participant set" "تحديد مشارك" "указание участника";
    "performed" "performed" "تنفيذ" "выполнение";
    "placed" "placed" "تقديم" "размещение";
    "planned" "planned" "تخطيط" "планирование";
    "posted" "posted" "ترحيل" "проводка";
    "published" "published" "نشر" "публикация";
    "put_on_hold" "put on hold" "تعليق" "приостановка";
    "reassigned" "reassigned" "إعادة إسناد" "переназначение";
    "received" "received" "استلام" "получение";
    "recorded" "recorded" "تسجيل" "запись";
    "refunded" "refunded" "رد" "возврат";
    "registered" "registered" "تسجيل" "регистрация";
    "rejected" "rejected" "رفض" "отклонение";
    "released" "released" "تحرير" "освобождение";
    "renamed" "renamed" "إعادة تسمية" "переименование";
    "reopened" "reopened" "إعادة فتح" "повторное открытие";
    "replenishment_policy_set" "replenishment policy set"
        "سياسة إعادة التزويد"
        "правило пополнения";
    "requirement_fulfilled" "requirement fulfilled" "استيفاء متطلب" "выполнение требования";
    "requirement_waived" "requirement waived" "إعفاء من متطلب" "снятие требования";
    "reserved" "reserved" "حجز" "резервирование";
    "resolved" "resolved" "حل" "решение";
    "responded" "responded" "رد" "ответ";
    "restored" "restored" "استعادة" "восстановление";
    "restricted" "restricted" "تقييد" "ограничение";
    "resumed" "resumed" "استئناف" "возобновление";
    "retired" "retired" "تقاعد" "вывод из употребления";
    "returned_to_supplier" "returned to supplier" "إرجاع للمورد" "возврат поставщику";
    "revalued" "revalued" "إعادة تقييم" "переоценка";
    "reversed" "reversed" "عكس" "сторно";
    "revoked" "revoked" "سحب" "отзыв";
    "role_set" "role set" "تحديد الدور" "назначение роли";
    "set" "set" "تحديد" "установка";
    "settled" "settled" "تسوية" "исполнение";
    "signed" "signed" "توقيع" "подписание";
    "stage_entered" "stage entered" "دخول مرحلة" "переход на этап";
    "started" "started" "بدء" "начало";
    "stated" "stated" "إفادة" "указание";
    "status_changed" "status changed" "تغيير الحالة" "смена статуса";
    "suspended" "suspended" "إيقاف مؤقت" "приостановка";
    "terminated" "terminated" "إنهاء" "расторжение";
    "transferred" "transferred" "تحويل" "перевод";
    "unallocated" "unallocated" "فك التخصيص" "снятие зачёта";
    "unblocked" "unblocked" "رفع الحظر" "снятие блокировки";
    "unit_defined" "unit defined" "تعريف وحدة" "определение единицы";
    "unlinked" "unlinked" "فك الربط" "отвязка";
    "unmerged" "unmerged" "فك الدمج" "разделение";
    "unmet" "unmet" "لم يُلبَّ" "неудовлетворение";
    "voided" "voided" "إلغاء" "аннулирование";
    "withdrawn" "withdrawn" "سحب" "отзыв";
    "won" "won" "كسب" "выигрыш";
    "work_handed_over" "work handed over" "تسليم العمل" "передача дел";
    "written_off" "written off" "شطب" "списание";
}
