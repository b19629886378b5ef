//! The titles of reports in words. Invariant: a row has all languages, or it does not compile; a
//! report without a row is called as its registration says.

use super::Lang;

macro_rules! titles {
    ($($name:literal $ar:literal $ru:literal;)*) => {
        const TITLES: &[(&str, [&str; 2])] = &[$(($name, [$ar, $ru]),)*];
    };
}

/// The title of a report in another language than English.
pub(crate) fn title(report: &str, lang: Lang) -> Option<&'static str> {
    let (_, titles) = TITLES.iter().find(|(name, _)| *name == report)?;
    match lang {
        Lang::En => None,
        Lang::Ar => Some(titles[0]),
        Lang::Ru => Some(titles[1]),
    }
}

titles! {
    "abc" "تحليل ABC" "ABC-анализ";
    "attribution" "الإسناد وعائد الحملات" "Атрибуция и отдача кампаний";
    "cash_flow" "التدفق النقدي" "Движение денег";
    "claims" "المطالبات" "Претензии";
    "client_timeline" "سجل العميل" "История клиента";
    "clients" "العملاء" "Клиенты";
    "competitors" "المنافسون" "Конкуренты";
    "compliance" "الالتزام باللوائح" "Соблюдение регламентов";
    "counterparty_links" "فواتير العملاء حسب الأطراف" "Счета клиентов по юридическим лицам";
    "cycle_time" "طول الدورة" "Длина цикла";
    "exports" "عمليات التصدير" "Выгрузки";
    "financials" "الأرباح والخسائر والميزانية" "Прибыли и убытки, баланс";
    "funnel" "قمع المبيعات" "Воронка";
    "headcount" "عدد الموظفين" "Численность";
    "interactions" "التواصل" "Контакты с клиентами";
    "kpi" "مؤشرات المديرين" "Показатели менеджеров";
    "losses" "الخسائر" "Потери";
    "margin" "الهامش" "Маржа";
    "orders" "الطلبات" "Заказы";
    "payables" "الذمم الدائنة وأعمارها" "Кредиторская задолженность";
    "payments" "المدفوعات" "Платежи";
    "permissions" "الصلاحيات" "Права";
    "pipeline" "الصفقات المفتوحة والتوقع" "Открытые сделки и прогноз";
    "receivables" "الذمم المدينة وأعمارها" "Дебиторская задолженность";
    "response_time" "زمن الرد" "Время ответа";
    "retention" "الاستبقاء" "Удержание";
    "sales" "المبيعات" "Продажи";
    "sales_velocity" "سرعة المبيعات" "Скорость продаж";
    "stage_time" "الوقت في المرحلة" "Время на этапе";
    "statement" "كشف الحساب" "Акт сверки";
    "stock" "المخزون" "Склад";
    "stock_card" "بطاقة الصنف" "Карточка товара";
    "subject_requests" "طلبات الأشخاص" "Запросы субъектов";
    "surveys" "الاستبيانات" "Опросы";
    "tasks" "المهام" "Задачи";
    "time" "وقت العمل" "Рабочее время";
    "trial_balance" "ميزان المراجعة" "Оборотная ведомость";
    "turnover" "دوران المخزون وعمره" "Оборачиваемость и возраст запаса";
    "valuation" "التقييم وتكلفة البضاعة" "Оценка и себестоимость";
    "warranty" "الضمان والخدمة" "Гарантия и сервис";
    "win_rate" "نسبة الفوز" "Доля побед";
    "work_list" "قائمة العمل" "Список дел";
    "xyz" "تحليل XYZ" "XYZ-анализ";
}
